/// Classes that belong together, such as a superclass of CIFAR-100.
public struct ClassGroup: Sendable, Equatable {
  /// The group's name.
  public var name: String
  /// The indices of its classes.
  public var classes: [Int]

  /// A named group of classes.
  public init(_ name: String, classes: [Int]) {
    self.name = name
    self.classes = classes
  }
}
