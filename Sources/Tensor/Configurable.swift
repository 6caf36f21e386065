/// A value that saved configurations identify by type name: a layer, activation, initializer, loss,
/// schedule and so on.
///
/// A configuration contains ``typeName`` and the value's own coding; reading it requires a
/// ``TypeRegistry`` with that name.
public protocol Configurable: Sendable, Equatable, Codable {
  /// The name under which the type is saved. Default: the type's own.
  static var typeName: String { get }
}

extension Configurable {
  public static var typeName: String { "\(Self.self)" }
}

/// Makes a stored property of an existential type, such as `any Activation`, `Codable` and
/// `Equatable`.
///
/// Saved as `{"type": name, "configuration": {…}}`; read with the ``TypeRegistry`` in the decoder's
/// `userInfo`.
/// ```swift
/// struct Dense: Layer {
///   @Configured var activation: any Activation
/// }
/// ```
@propertyWrapper
public struct Configured<Value: Sendable>: Sendable, Codable, Equatable {
  public var wrappedValue: Value

  /// - Precondition: The value is ``Configurable``.
  public init(wrappedValue: Value) { self.wrappedValue = wrappedValue }

  private enum Keys: String, CodingKey { case type, configuration }

  /// Throws `DecodingError.dataCorrupted` if the type's name is not in the registry or the type is
  /// not a `Value`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Keys.self)
    let name = try container.decode(String.self, forKey: .type)
    let registry = decoder.userInfo[.typeRegistry] as? TypeRegistry ?? TypeRegistry()
    guard let type = registry[name] else {
      throw DecodingError.dataCorruptedError(
        forKey: .type, in: container,
        debugDescription:
          "the type \"\(name)\" is not in the registry (\(registry.names.joined(separator: ", ")))")
    }
    let decoded: any Configurable = try container.decode(type, forKey: .configuration)
    guard let value = decoded as? Value else {
      throw DecodingError.dataCorruptedError(
        forKey: .type, in: container,
        debugDescription: "\"\(name)\" is not of the kind \(Value.self)")
    }
    wrappedValue = value
  }

  public func encode(to encoder: any Encoder) throws {
    guard let value = wrappedValue as? any Configurable else {
      throw EncodingError.invalidValue(
        wrappedValue,
        .init(codingPath: encoder.codingPath, debugDescription: "\(Value.self) is not Configurable")
      )
    }
    var container = encoder.container(keyedBy: Keys.self)
    try container.encode(type(of: value).typeName, forKey: .type)
    try container.encode(value, forKey: .configuration)
  }

  /// Whether both values have the same type and are equal.
  public static func == (left: Configured, right: Configured) -> Bool {
    guard let left = left.wrappedValue as? any Configurable,
      let right = right.wrappedValue as? any Configurable
    else { return false }
    return isEqual(left, right)
  }

  private static func isEqual<Left: Configurable>(_ left: Left, _ right: any Configurable) -> Bool {
    left == right as? Left
  }
}

/// ``Configured`` for a value that may be missing.
///
/// Nil is not written to a saved configuration, and a missing key is read as nil, so that a type
/// may gain such properties without changing its configurations without them.
/// ```swift
/// struct Dense: Layer {
///   @ConfiguredIfPresent var kernelRegularizer: (any Regularizer)?
/// }
/// ```
@propertyWrapper
public struct ConfiguredIfPresent<Value: Sendable>: Sendable, Codable, Equatable {
  private var configured: Configured<Value>?

  /// - Precondition: The value is nil or ``Configurable``.
  public init(wrappedValue: Value?) {
    configured = wrappedValue.map { Configured(wrappedValue: $0) }
  }

  public var wrappedValue: Value? {
    get { configured?.wrappedValue }
    set { configured = newValue.map { Configured(wrappedValue: $0) } }
  }

  /// Throws `DecodingError` as ``Configured`` does.
  public init(from decoder: any Decoder) throws {
    configured = try decoder.singleValueContainer().decodeNil() ? nil : Configured(from: decoder)
  }

  public func encode(to encoder: any Encoder) throws {
    if let configured {
      try configured.encode(to: encoder)
    } else {
      var container = encoder.singleValueContainer()
      try container.encodeNil()
    }
  }

  var isPresent: Bool { configured != nil }
}

extension KeyedDecodingContainer {
  /// Nil for a missing key; called by the code that the compiler writes for types with such
  /// properties.
  public func decode<Value>(
    _ type: ConfiguredIfPresent<Value>.Type, forKey key: Key
  ) throws -> ConfiguredIfPresent<Value> {
    try decodeIfPresent(type, forKey: key) ?? ConfiguredIfPresent(wrappedValue: nil)
  }
}

extension KeyedEncodingContainer {
  /// Writes nothing for nil; called by the code that the compiler writes for types with such
  /// properties.
  public mutating func encode<Value>(
    _ value: ConfiguredIfPresent<Value>, forKey key: Key
  ) throws {
    if value.isPresent { try encodeIfPresent(value, forKey: key) }
  }
}

/// The types that saved configurations may contain.
///
/// An argument wherever a configuration is read; there is no global registry. Users add their own
/// types:
/// ```swift
/// let graph = try Graph(configuration: data, registry: .standard.adding(MyLayer.self))
/// ```
public struct TypeRegistry: Sendable {
  private var types: [String: any Configurable.Type] = [:]

  public init(_ types: [any Configurable.Type] = []) {
    for type in types { self.types[type.typeName] = type }
  }

  /// The registry with more types, which replace those of the same name.
  public func adding(_ types: any Configurable.Type...) -> TypeRegistry { adding(types) }

  /// The registry with more types, which replace those of the same name.
  public func adding(_ types: [any Configurable.Type]) -> TypeRegistry {
    var copy = self
    for type in types { copy.types[type.typeName] = type }
    return copy
  }

  package subscript(name: String) -> (any Configurable.Type)? { types[name] }

  /// In the order of ``names``.
  package var all: [any Configurable.Type] { names.compactMap { types[$0] } }

  /// Sorted.
  package var names: [String] { types.keys.sorted() }
}

extension CodingUserInfoKey {
  /// The key of a decoder's ``TypeRegistry``.
  public static let typeRegistry = CodingUserInfoKey(rawValue: "pinion.typeRegistry")!
}
