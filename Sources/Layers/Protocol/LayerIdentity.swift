/// Distinguishes layers with equal hyperparameters: each call of ``init()`` creates a different
/// identity, and copies of a value share one.
///
/// A graph in which copies of a layer occur several times has one set of weights for them.
/// Comparison and coding ignore the identity. A custom layer stores one to have its copies
/// recognized:
/// ```swift
/// struct LearnedSlope: SamplewiseLayer {
///   private(set) var identity = LayerIdentity()
/// }
/// ```
public struct LayerIdentity: Sendable {
  private final class Token: Sendable {}

  private let token: Token?

  /// A new identity.
  public init() { token = Token() }

  private init(token: Token?) { self.token = token }

  /// The identity of layers that store none, whose copies are not recognized.
  public static let unknown = LayerIdentity(token: nil)

  /// Whether copies of the layer are recognized.
  package var isKnown: Bool { token != nil }

  /// Equal for copies, and unique while one of them exists; nil if unknown.
  var key: ObjectIdentifier? { token.map { ObjectIdentifier($0) } }
}

extension LayerIdentity: Equatable {
  /// Always true, so that layers are equal if their hyperparameters are.
  public static func == (left: LayerIdentity, right: LayerIdentity) -> Bool { true }
}

extension LayerIdentity: Codable {
  /// A new identity; reads nothing.
  public init(from decoder: any Decoder) { self.init() }

  /// Writes nothing.
  public func encode(to encoder: any Encoder) {}
}

// Called by the synthesized coding of layers, so that configurations have no key for the identity.

extension KeyedDecodingContainer {
  /// A new identity; reads nothing.
  public func decode(_ type: LayerIdentity.Type, forKey key: Key) throws -> LayerIdentity {
    LayerIdentity()
  }
}

extension KeyedEncodingContainer {
  /// Writes nothing.
  public mutating func encode(_ value: LayerIdentity, forKey key: Key) throws {}
}
