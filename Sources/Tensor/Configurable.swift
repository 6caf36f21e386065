/// A part of a model that is a value and can be saved by name: a layer, an activation, an initialiser, a loss, a schedule.
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
