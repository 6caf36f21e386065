/// What tells layers of equal hyperparameters apart: each initializer call makes another one, and
/// copies of a value share it.
///
/// A layer that occurs several times in a graph has one set of weights there. The identity takes
/// part in neither equality nor coding. Store one in a layer of yours to have its copies
/// recognized:
/// ```swift
/// struct LearnedSlope: SamplewiseLayer {
///   private(set) var identity = LayerIdentity()
/// }
/// ```
public struct LayerIdentity: Sendable {
  private final class Token: Sendable {}

  private let token: Token?

  /// Another identity than all others.
  public init() { token = Token() }

  private init(token: Token?) { self.token = token }

  /// The identity of layers that store none: nothing is known about which are copies of each other.
  public static let unknown = LayerIdentity(token: nil)

  /// The same for all copies, and for no other identity as long as one of them exists; nil if
  /// unknown.
  var key: ObjectIdentifier? { token.map { ObjectIdentifier($0) } }
}

extension LayerIdentity: Equatable {
  /// Always true: layers are equal if their hyperparameters are.
  public static func == (left: LayerIdentity, right: LayerIdentity) -> Bool { true }
}

extension LayerIdentity: Codable {
  /// Another identity; reads nothing.
  public init(from decoder: any Decoder) { self.init() }

  /// Writes nothing.
  public func encode(to encoder: any Encoder) {}
}

// The code that the compiler writes for a layer calls these, so that no key stands for the
// identity.

extension KeyedDecodingContainer {
  /// Another identity; reads nothing.
  public func decode(_ type: LayerIdentity.Type, forKey key: Key) throws -> LayerIdentity {
    LayerIdentity()
  }
}

extension KeyedEncodingContainer {
  /// Writes nothing.
  public mutating func encode(_ value: LayerIdentity, forKey key: Key) throws {}
}
