package import Crypto

/// What a node says about itself, sealed under its file key.
public struct NodeMeta: Equatable, Sendable {
    public var name: NodeName
    /// MIME type of the current content; `nil` for folders.
    public var mediaType: String?

    init(name: NodeName, mediaType: String?) {
        self.name = name
        self.mediaType = mediaType
    }

    func sealed(under key: SealingKey, node: NodeID) -> [UInt8] {
        var fields = SealedFields()
        fields.set(1, name.text)
        fields.set(2, mediaType)
        return key.seal(fields.encoded, context: Self.context(node))
    }

    package static func opened(_ sealed: [UInt8], under key: SealingKey, node: NodeID) throws -> NodeMeta {
        let plain: [UInt8]
        do { plain = try key.open(sealed, context: context(node)) } catch { throw VaultError.tampered(node) }
        var meta = NodeMeta(name: NodeName(trusted: ""), mediaType: nil)
        SealedFields.read(plain) { number, bytes in
            switch number {
            case 1: meta.name = NodeName(trusted: String(field: bytes))
            case 2: meta.mediaType = String(field: bytes)
            default: break
            }
        }
        return meta
    }

    /// The name alone, as bytes of UTF-8: what opening a hundred thousand of them needs.
    static func openedName(_ sealed: [UInt8], under key: SealingKey, node: NodeID) throws -> [UInt8] {
        let plain: [UInt8]
        do { plain = try key.open(sealed, context: context(node)) } catch { throw VaultError.tampered(node) }
        var name: [UInt8] = []
        SealedFields.read(plain) { number, bytes in if number == 1 { name = Array(bytes) } }
        return name
    }

    private static func context(_ node: NodeID) -> SealContext { SealContext("cloudspace node metadata", node.value) }
}
