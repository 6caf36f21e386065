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
