/// A part of a model that is a value and can be saved by name: a layer, an activation, an initializer, a loss, a schedule.
///
/// A saved configuration holds ``typeName`` beside the value's own coding; reading it takes a ``TypeRegistry`` that knows the name.
public protocol Configurable: Sendable, Equatable, Codable {
  /// The name under which the type is saved. Default: the type's own.
  static var typeName: String { get }
}

extension Configurable {
  /// The type's own name.
  public static var typeName: String { "\(Self.self)" }
}

/// A stored property of an open kind, such as `any Activation`, in a type whose coding and equality the compiler writes.
///
/// Saved as `{"type": name, "configuration": {…}}`; read through the ``TypeRegistry`` in the decoder's `userInfo`.
/// ```swift
/// struct Dense: Layer {
///   @Configured var activation: any Activation
/// }
/// ```
@propertyWrapper
public struct Configured<Value: Sendable>: Sendable, Codable, Equatable {
  /// The value itself.
  public var wrappedValue: Value

  /// Wraps a value, which must be ``Configurable``.
  public init(wrappedValue: Value) { self.wrappedValue = wrappedValue }

  private enum Keys: String, CodingKey { case type, configuration }

  /// Reads the type's name, then the value as that type.
  ///
  /// Throws `DecodingError.dataCorrupted` if the name is unknown or stands for another kind of thing.
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

  /// Writes the type's name and the value.
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

  /// Whether both hold values of the same type that are equal.
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

/// The types that a saved configuration may name.
///
/// It is an argument wherever a configuration is read; the library keeps no global table. Users add their own types:
/// ```swift
/// let graph = try Graph(configuration: data, registry: .standard.adding(MyLayer.self))
/// ```
public struct TypeRegistry: Sendable {
  private var types: [String: any Configurable.Type] = [:]

  /// A registry of the given types.
  public init(_ types: [any Configurable.Type] = []) {
    for type in types { self.types[type.typeName] = type }
  }

  /// The registry with more types; one of a known name takes the other's place.
  public func adding(_ types: any Configurable.Type...) -> TypeRegistry { adding(types) }

  /// The registry with more types; one of a known name takes the other's place.
  public func adding(_ types: [any Configurable.Type]) -> TypeRegistry {
    var copy = self
    for type in types { copy.types[type.typeName] = type }
    return copy
  }

  /// The type saved under a name.
  public subscript(name: String) -> (any Configurable.Type)? { types[name] }

  /// The names of all types, sorted.
  public var names: [String] { types.keys.sorted() }
}

extension CodingUserInfoKey {
  /// Where a decoder of configurations carries its ``TypeRegistry``.
  public static let typeRegistry = CodingUserInfoKey(rawValue: "pinion.typeRegistry")!
}
