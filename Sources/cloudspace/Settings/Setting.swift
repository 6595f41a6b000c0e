/// Where a setting may be given.
enum SettingPlace: Sendable { case flag, environment, file }

/// What the tables, the parser and the help texts need to know of a setting, whatever its type.
protocol SettingDescription: Sendable {
    /// The flag's name without dashes, and the name in the configuration file.
    var name: String { get }
    /// The environment variable.
    var environment: String { get }
    var placeholder: String? { get }
    var summary: String { get }
    /// What holds when nobody says anything; nil when somebody must.
    var absence: String? { get }
    var places: [SettingPlace] { get }
    /// - Throws: `BadValue` saying what was expected.
    func check(_ text: String) throws(BadValue)
}

extension SettingDescription {
    /// Takes no value on the command line.
    var isSwitch: Bool { placeholder == nil }

    /// Left column of the help text.
    var usage: String {
        guard places.contains(.flag) else { return environment }
        return "--\(name)" + (placeholder.map { " \($0)" } ?? "")
    }

    /// Right column of the help text.
    var explanation: String {
        var text = summary
        if let absence, !absence.isEmpty { text += " (default: \(absence))" }
        if absence == nil { text += " (required)" }
        return places.contains(.flag) ? text + ". \(environment)" : text
    }
}

/// A value that is not what the setting takes.
struct BadValue: Error, Equatable {
    /// Completes "expected …".
    let expectation: String

    init(_ expectation: String) { self.expectation = expectation }
}

/// One setting: a row of ``Settings``, with the type its text becomes.
struct Setting<Value: Sendable>: SettingDescription {
    let name: String
    let environment: String
    let placeholder: String?
    let summary: String
    let places: [SettingPlace]
    let absence: String?
    private let fallback: Value?
    private let parse: @Sendable (String) throws(BadValue) -> Value

    /// - Parameters:
    ///   - fallback: what holds without a value; nil when a value is required.
    ///   - absence: the fallback in the help text's words.
    init(
        _ name: String, environment: String? = nil, placeholder: String?, summary: String,
        places: [SettingPlace] = [.flag, .environment, .file], fallback: Value?, absence: String?,
        parse: @escaping @Sendable (String) throws(BadValue) -> Value
    ) {
        self.name = name
        self.environment =
            environment ?? "CLOUDSPACE_" + name.uppercased().split(separator: "-").joined(separator: "_")
        self.placeholder = placeholder
        self.summary = summary
        self.places = places
        self.fallback = fallback
        self.absence = absence
        self.parse = parse
    }

    func check(_ text: String) throws(BadValue) { _ = try parse(text) }

    /// - Parameter text: nil when nobody gave one.
    func value(_ text: String?) throws(BadValue) -> Value {
        if let text { return try parse(text) }
        guard let fallback else { throw BadValue("a value") }
        return fallback
    }
}
