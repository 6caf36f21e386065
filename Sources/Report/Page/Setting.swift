/// Something that a run was given, such as its seed.
public struct Setting: Sendable, Equatable, Codable {
  /// What it is.
  public var name: String
  /// What was chosen.
  public var value: String

  /// A name and a value.
  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}
