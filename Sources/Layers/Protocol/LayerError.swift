internal import PinionTensor

/// What a layer needs and what it got; the graph adds which layer.
public struct LayerError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is required.
  public let requirement: String
  /// What was received.
  public let received: String

  /// States a requirement and what was received in its place.
  public init(_ requirement: String, received: String) {
    self.requirement = requirement
    self.received = received
  }

  /// Both in one line, control characters escaped.
  public var description: String {
    PrintableText.escaped("\(requirement); received \(received)")
  }

  /// Throws unless `condition` holds.
  package static func require(
    _ condition: Bool, _ requirement: @autoclosure () -> String, received: @autoclosure () -> String
  ) throws {
    if !condition { throw LayerError(requirement(), received: received()) }
  }
}
