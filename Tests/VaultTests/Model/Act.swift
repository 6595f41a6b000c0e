import Database
import Testing
import VaultTesting

@testable import Vault

/// One thing that somebody does to a tree.
enum Act: Sendable, CustomStringConvertible {
    case folder(NodeID, String)
    case file(NodeID, String, String)
    case rename(NodeID, String)
    case move(NodeID, NodeID)
    case copy(NodeID, NodeID)
    case trash(NodeID)
    case restore(NodeID)
    case purge(NodeID)
    case lock(NodeID)

    var kind: String { String(description.prefix { $0 != "(" }) }
    var description: String {
        switch self {
        case .folder(let parent, let name): "folder(\(name) in \(parent))"
        case .file(let parent, let name, _): "file(\(name) in \(parent))"
        case .rename(let id, let name): "rename(\(id) to \(name))"
        case .move(let id, let folder): "move(\(id) to \(folder))"
        case .copy(let id, let folder): "copy(\(id) to \(folder))"
        case .trash(let id): "trash(\(id))"
        case .restore(let id): "restore(\(id))"
        case .purge(let id): "purge(\(id))"
        case .lock(let id): "lock(\(id))"
        }
    }

    /// - Parameters:
    ///   - known: every node there ever was, the root first.
    ///   - root: what is left alone but for what is put into it.
    static func random(
        _ known: [NodeID], _ random: inout SeededGenerator, withLocks: Bool = false, root: NodeID? = nil
    ) async throws -> Act {
        let names = ["a", "b", "c", "d", "é"]
        let top = root ?? known[0]
        let any = known.randomElement(using: &random) ?? top
        let place = Bool.random(using: &random) ? top : known.randomElement(using: &random) ?? top
        let name = names.randomElement(using: &random) ?? "a"
        let inner = known.dropFirst().randomElement(using: &random) ?? top
        switch Int.random(in: 0..<(withLocks ? 20 : 18), using: &random) {
        case 0...2: return .folder(place, name)
        case 3...5: return .file(place, name, String(UInt64.random(in: 0 ... .max, using: &random)))
        case 6...8: return inner == top ? .folder(place, name) : .rename(inner, name)
        case 9...11: return inner == top ? .folder(place, name) : .move(inner, place)
        case 12: return inner == top ? .folder(place, name) : .copy(inner, place)
        case 13, 14: return inner == top ? .folder(place, name) : .trash(inner)
        case 15, 16: return .restore(any)
        case 17: return .purge(any)
        default: return .lock(any)
        }
    }

    struct Outcome: Sendable {
        var refusal: ModelTree.Refusal?
        /// Refused for a reason that no model of one person knows: a lock, a permission, others in the way.
        var failed = false
        var made: NodeID?
    }

    func outcome(in world: World, as person: Principal) async throws -> Outcome {
        do {
            return Outcome(made: try await perform(in: world, as: person))
        } catch VaultError.notFound {
            return Outcome(refusal: .notFound)
        } catch VaultError.nameTaken {
            return Outcome(refusal: .nameTaken)
        } catch VaultError.intoItself {
            return Outcome(refusal: .intoItself)
        } catch VaultError.destinationNotFound {
            return Outcome(refusal: .destination)
        } catch VaultError.notInTrash {
            return Outcome(refusal: .notInTrash)
        } catch VaultError.invalid(_, .notAFolder) {
            return Outcome(refusal: .destination)
        } catch VaultError.forbidden {
            return Outcome(failed: true)
        } catch VaultError.locked {
            return Outcome(failed: true)
        } catch VaultError.tooManyItems {
            return Outcome(failed: true)
        } catch DatabaseError.conflict {
            return Outcome(failed: true)
        }
    }

    private func perform(in world: World, as person: Principal) async throws -> NodeID? {
        let vault = world.vault
        switch self {
        case .folder(let parent, let name):
            return try await vault.createFolder(try NodeName(name), in: parent, as: person).id
        case .file(let parent, let name, let text):
            let request = SaveRequest(target: .place(parent: parent, name: try NodeName(name), conflict: .refuse))
            return try await vault.save(request, .bytes(Array(text.utf8)), as: person).node.id
        case .rename(let id, let name): _ = try await vault.rename(id, to: try NodeName(name), as: person)
        case .move(let id, let folder): _ = try await vault.move(id, to: folder, as: person)
        case .copy(let id, let folder): return try await vault.copy(id, to: .folder(folder), as: person).id
        case .trash(let id): _ = try await vault.trash.put(id, as: person)
        case .restore(let id): _ = try await vault.trash.restore(id, as: person)
        case .purge(let id): _ = try await vault.purge(id, as: person)
        case .lock(let id): _ = try await vault.locks.toggle(id, as: person)
        }
        return nil
    }

    /// Why the model refuses it; nil when it does not.
    func expectation(in model: ModelTree) -> ModelTree.Refusal? {
        switch self {
        case .folder(let parent, let name), .file(let parent, let name, _):
            guard model.isLive(parent) else { return .notFound }
            guard model.isLiveFolder(parent) else { return .destination }
            return model.child(name, of: parent) == nil ? nil : .nameTaken
        case .rename(let id, let name): return model.whyNotRename(id, to: name)
        case .move(let id, let folder): return model.whyNotMove(id, to: folder)
        case .copy(let id, let folder):
            guard model.isLive(id), id != model.root else { return .notFound }
            return model.isLiveFolder(folder) ? nil : .destination
        case .trash(let id): return model.isLive(id) ? nil : .notFound
        case .restore(let id), .purge(let id): return model.isInTrash(id) ? nil : .notInTrash
        case .lock: return nil
        }
    }

    /// Does it to the model, too.
    /// - Returns: the nodes that are new.
    func apply(
        to model: inout ModelTree, _ outcome: Outcome, _ world: World, as person: Principal
    ) async throws -> [NodeID] {
        switch self {
        case .folder(let parent, let name):
            guard let made = outcome.made else { return [] }
            model.add(made, .init(parent: parent, name: name, isFolder: true))
            return [made]
        case .file(let parent, let name, let text):
            guard let made = outcome.made else { return [] }
            model.add(made, .init(parent: parent, name: name, isFolder: false, text: text))
            return [made]
        case .copy(let id, let folder):
            guard let made = outcome.made else { return [] }
            return try await takeCopy(of: id, made, in: folder, &model, world, as: person)
        case .rename(let id, let name): model.rename(id, to: name)
        case .move(let id, let folder): model.move(id, to: folder)
        case .trash(let id): model.trash(id)
        case .restore(let id): model.restore(id)
        case .purge(let id): model.purge(id)
        case .lock: break
        }
        return []
    }

    /// Notes a copy whose identities only the vault knows: by name, level by level.
    private func takeCopy(
        of id: NodeID, _ made: NodeID, in folder: NodeID, _ model: inout ModelTree, _ world: World,
        as person: Principal
    ) async throws -> [NodeID] {
        guard let original = model.entries[id] else { return [] }
        let before = model
        var entry = original
        (entry.parent, entry.name) = (folder, before.copyName(of: original.name, in: folder))
        model.add(made, entry)
        var new = [made]
        var pairs = [(original: id, copy: made)]
        while let (old, copy) = pairs.popLast() {
            guard before.entries[old]?.isFolder == true else {
                #expect(try await world.text(of: copy, as: person) == before.entries[old]?.text)
                continue
            }
            let listed = try await world.vault.listFolder(copy, as: person).entries.map(\.node)
            for child in before.children(of: old) {
                guard var entry = before.entries[child],
                    let twin = listed.first(where: { $0.name.text == entry.name })
                else {
                    Issue.record("\(child) was not copied")
                    continue
                }
                entry.parent = copy
                model.add(twin.id, entry)
                new.append(twin.id)
                pairs.append((child, twin.id))
            }
        }
        return new
    }
}
