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
