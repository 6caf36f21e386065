/// What the system does not grant: memory, address space or threads.
public struct ResourceError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What the resource was wanted for.
  public let purpose: String
  /// What was needed.
  public let needed: String
  /// What the system grants, and what to change.
  public let found: String

  package init(purpose: String, needed: String, found: String) {
    self.purpose = purpose
    self.needed = needed
    self.found = found
  }

  /// One line that names all three.
  public var description: String { "\(purpose): needs \(needed), \(found)" }
}
