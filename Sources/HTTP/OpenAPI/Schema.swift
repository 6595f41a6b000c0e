/// The shape of a JSON value, as far as an OpenAPI 3.1 document says it (JSON Schema 2020-12).
public indirect enum Schema: Sendable {
    /// Text, with a format such as `date-time`, `uuid`, `email`, `binary`.
    case string(format: String? = nil)
    /// One of these texts.
    case choice([String])
    /// A whole number.
    case integer
    /// A number.
    case number
    /// `true` or `false`.
    case boolean
    /// A list.
    case array(Schema)
    /// An object with these properties, in order.
    case object([Property])
    /// An object with any properties of one shape.
    case map(Schema)
    /// The shape, or null.
    case nullable(Schema)
    /// Exactly one of several shapes.
    case oneOf([Schema])
    /// A shape named in `OpenAPI.schemas`.
    case reference(String)
    /// Anything.
    case any

    /// One property of an object.
    public struct Property: Sendable {
        public let name: String
        public let schema: Schema
        public let isRequired: Bool
        public let description: String?

        /// A property that is always there.
        public static func required(_ name: String, _ schema: Schema, _ description: String? = nil) -> Property {
            Property(name: name, schema: schema, isRequired: true, description: description)
        }

        /// A property that may be left out.
        public static func optional(_ name: String, _ schema: Schema, _ description: String? = nil) -> Property {
            Property(name: name, schema: schema, isRequired: false, description: description)
        }
    }
}

/// A query parameter of a route.
public struct QueryParameter: Sendable {
    public let name: String
    public let schema: Schema
    public let isRequired: Bool
    public let description: String?

    /// A parameter, optional unless said otherwise.
    public init(_ name: String, _ schema: Schema = .string(), required: Bool = false, _ description: String? = nil) {
        self.name = name
        self.schema = schema
        isRequired = required
        self.description = description
    }
}

/// A body a route takes.
public struct BodyDescription: Sendable {
    public let contentType: String
    public let schema: Schema

    /// A body of a media type and shape.
    public init(_ contentType: String, _ schema: Schema) {
        self.contentType = contentType
        self.schema = schema
    }

    /// A JSON object with these properties.
    public static func json(_ properties: Schema.Property...) -> BodyDescription {
        BodyDescription("application/json", .object(properties))
    }

    /// A multipart form with these parts; files have the shape `.string(format: "binary")`.
    public static func form(_ parts: Schema.Property...) -> BodyDescription {
        BodyDescription("multipart/form-data", .object(parts))
    }

    /// Raw bytes of any media type.
    public static let bytes = BodyDescription("application/octet-stream", .string(format: "binary"))
}

/// An answer a route gives.
public struct ResponseDescription: Sendable {
    public let status: Int
    public let description: String
    public let contentType: String
    public let schema: Schema?

    /// An answer with a status, a line on when it comes, and its shape.
    public init(
        _ status: Int, _ description: String, _ schema: Schema? = nil, contentType: String = "application/json"
    ) {
        self.status = status
        self.description = description
        self.contentType = contentType
        self.schema = schema
    }
}
