import BlobStore
import Crypto
import Database
import HTTP
import Synchronization
import Vault

/// Answers with the content of a version: as a download, or shown where that is harmless; never as a page of this site.
struct ContentDownload: Sendable {
    let vault: Vault
    let content: OpenedContent
    let principal: Principal
    let display: ContentDisplay

    init(vault: Vault, content: OpenedContent, principal: Principal, wantsInline: Bool = false) {
        self.vault = vault
        self.content = content
        self.principal = principal
        display = ContentDisplay(of: content.version.meta.mediaType, wantsInline: wantsInline)
    }

    /// Contents up to this many bytes are opened whole before the answer begins.
    private static let wholeLimit: Int64 = 256 << 10

    func response(to request: Request) async throws -> Response {
        let answer = ContentAnswer(
            size: content.version.size, contentType: display.contentType(content.version.meta.mediaType),
            validators: Validators(
                tag: EntityTag(content.version.id.description), lastModified: content.version.createdAt.seconds),
            headers: headers)
        do {
            return try await answer.response(to: request, open: source)
        } catch let problem as HTTPProblem where problem.status == 412 {
            throw VaultError.versionMismatch
        }
    }

    private var headers: Headers {
        var headers: Headers = [
            "Content-Disposition": ContentDisposition.field(
                display.disposition, fileName: content.version.meta.name.text),
            "Content-Security-Policy": display.contentSecurityPolicy(content.version.meta.mediaType),
        ]
        headers.append("Repr-Digest", "sha-256=:\(Base64.encode(content.version.meta.sha256)):")
        return headers
    }

    private func source(first: Int64, length: Int64) async throws -> any BodySource {
        do {
            if length <= Self.wholeLimit {
                return MemoryBody(try await content.reader.read(at: first, count: Int(length)))
            }
            // Opens the first chunk, so that damage there is an honest 500 and not a broken 200.
            _ = try await content.reader.read(at: first, count: 1)
            return ContentBody(content.reader, first: first, length: length, onDamage: report)
        } catch  where Damage.caused(error) {
            await vault.open.reportTampering(of: content.node, by: principal)
            throw VaultError.tampered(content.node.id)
        }
    }

    /// Called from the transport's thread, which must not wait for the journal.
    private var report: @Sendable () -> Void {
        { [vault, content, principal] in
            Task { await vault.open.reportTampering(of: content.node, by: principal) }
        }
    }
}

extension Version {
    var entityTag: String { id.entityTag }
}

extension VersionID {
    /// The strong tag of a version's content: contents never change, so the version's identity is enough.
    var entityTag: String { "\"\(description)\"" }
}

/// Stored bytes that are missing or not what was sealed.
enum Damage {
    static func caused(_ error: any Error) -> Bool {
        switch error {
        case BlobStoreError.tampered, BlobStoreError.missing, CryptoError.openFailed: true
        default: false
        }
    }
}

/// A part of a content, opened while it is sent.
final class ContentBody: BodySource {
    private let reader: ContentReader
    private let first: Int64
    private let length: Int64
    private let onDamage: @Sendable () -> Void
    private let reported = Atomic<Bool>(false)

    /// - Parameter onDamage: told once when stored bytes turn out not to be what was sealed; must not block.
    init(_ reader: ContentReader, first: Int64, length: Int64, onDamage: @escaping @Sendable () -> Void) {
        self.reader = reader
        self.first = first
        self.length = length
        self.onDamage = onDamage
    }

    func read(at position: Int64, into buffer: inout MutableRawSpan) throws -> BodyRead {
        guard position < length else { return .end }
        let wanted = Int(min(Int64(buffer.byteCount), length - position))
        do {
            var part = buffer._mutatingExtracting(first: wanted)
            guard let count = try reader.readNow(at: first + position, into: &part) else { return .notReady }
            return count > 0 ? .bytes(min(count, wanted)) : .end
        } catch {
            throw noted(error)
        }
    }

    func prepare(at position: Int64) async throws {
        do { try await reader.prepare(at: first + position) } catch { throw noted(error) }
    }

    func finished(completed: Bool) {}

    private func noted(_ error: any Error) -> any Error {
        if Damage.caused(error), !reported.exchange(true, ordering: .relaxed) { onDamage() }
        return error
    }
}

/// A body that is in memory already.
final class MemoryBody: BodySource {
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func read(at position: Int64, into buffer: inout MutableRawSpan) throws -> BodyRead {
        guard let start = Int(exactly: position), start < bytes.count else { return .end }
        let count = min(buffer.byteCount, bytes.count - start)
        copy(bytes, from: start, count: count, into: &buffer)
        return .bytes(count)
    }

    func prepare(at position: Int64) async throws {}
    func finished(completed: Bool) {}
}
