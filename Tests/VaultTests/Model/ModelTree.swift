import Vault

/// A drive as simple as can be: what the vault must agree with, act by act.
struct ModelTree {
    struct Entry: Equatable {
        var parent: NodeID
        var name: String
        let isFolder: Bool
        var text: String?
        /// The node it went to the trash with.
        var trashRoot: NodeID?
    }

    let root: NodeID
    private(set) var entries: [NodeID: Entry] = [:]

    init(root: NodeID) { self.root = root }

    enum Refusal: Equatable { case notFound, nameTaken, intoItself, destination, notInTrash }

    func isLive(_ id: NodeID) -> Bool { id == root || entries[id].map { $0.trashRoot == nil } ?? false }
    func isLiveFolder(_ id: NodeID) -> Bool { isLive(id) && (id == root || entries[id]?.isFolder == true) }

    func child(_ name: String, of parent: NodeID) -> NodeID? {
        entries.first { $0.value.parent == parent && $0.value.name == name && $0.value.trashRoot == nil }?.key
    }

    func children(of parent: NodeID) -> [NodeID] {
        entries.filter { $0.value.parent == parent && $0.value.trashRoot == nil }.map(\.key)
    }

    func below(_ id: NodeID) -> [NodeID] { [id] + children(of: id).flatMap(below) }

    mutating func add(_ id: NodeID, _ entry: Entry) { entries[id] = entry }

    func whyNotRename(_ id: NodeID, to name: String) -> Refusal? {
        guard isLive(id), let entry = entries[id] else { return .notFound }
        if let other = child(name, of: entry.parent), other != id { return .nameTaken }
        return nil
    }

    mutating func rename(_ id: NodeID, to name: String) { entries[id]?.name = name }

    func whyNotMove(_ id: NodeID, to folder: NodeID) -> Refusal? {
        guard isLive(id), let entry = entries[id] else { return .notFound }
        guard isLiveFolder(folder) else { return .destination }
        guard !below(id).contains(folder) else { return .intoItself }
        if let other = child(entry.name, of: folder), other != id { return .nameTaken }
        return nil
    }

    mutating func move(_ id: NodeID, to folder: NodeID) { entries[id]?.parent = folder }

    mutating func trash(_ id: NodeID) { for node in below(id) { entries[node]?.trashRoot = id } }

    func isInTrash(_ id: NodeID) -> Bool { entries[id]?.trashRoot == id }

    /// - Returns: the folder and the name it comes back to.
    func restored(_ id: NodeID) -> (parent: NodeID, name: String)? {
        guard isInTrash(id), let entry = entries[id] else { return nil }
        let parent = isLiveFolder(entry.parent) ? entry.parent : root
        var name = entry.name
        var number = 0
        while child(name, of: parent) != nil {
            number += 1
            name = Self.numbered(entry.name, number)
        }
        return (parent, name)
    }

    mutating func restore(_ id: NodeID) {
        guard let place = restored(id) else { return }
        for node in entries.keys where entries[node]?.trashRoot == id { entries[node]?.trashRoot = nil }
        entries[id]?.parent = place.parent
        entries[id]?.name = place.name
    }

    mutating func purge(_ id: NodeID) { entries = entries.filter { $0.value.trashRoot != id } }

    /// The name of the next copy of `name` in a folder.
    func copyName(of name: String, in folder: NodeID) -> String {
        var candidate = "Copy of " + name
        var number = 0
        while child(candidate, of: folder) != nil {
            number += 1
            candidate = Self.numbered(name, number)
        }
        return candidate
    }

    private static func numbered(_ name: String, _ number: Int) -> String { "\(name) (\(number))" }
}
