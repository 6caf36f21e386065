extension SafeTensors {
  /// An array to be written: its name, its shape and its elements.
  ///
  /// The elements are a view: whoever owns their memory keeps it until the file is written.
  public struct Entry: Sendable {
    /// The name, such as `conv2d_1/kernel`.
    public let name: String
    /// The shape; its product is the number of elements.
    public let shape: Shape
    /// The elements, row-major.
    public let elements: MemoryView<Float>

    /// An array under a name.
    public init(name: String, shape: Shape, elements: MemoryView<Float>) {
      self.name = name
      self.shape = shape
      self.elements = elements
    }
  }
}
