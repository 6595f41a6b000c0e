public import Database

/// Makes identifiers: UUID version 7 (RFC 9562, section 5.7), time-ordered so that rows append to their index.
public struct IDGenerator: Sendable {
    private let clock: any WallClock

    public init(clock: any WallClock) { self.clock = clock }

    public func next<Entity>(_: Entity.Type = Entity.self) -> ID<Entity> {
        let milliseconds = UInt128(UInt64(clamping: clock.now().milliseconds)) & 0xffff_ffff_ffff
        var random = SystemRandomNumberGenerator()
        let high = UInt128(random.next()) & 0xfff
        let low = UInt128(random.next()) & 0x3fff_ffff_ffff_ffff
        return ID(milliseconds << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low)
    }
}
