extension SafeTensorsFile {
  /// An array of a file: its name, its type and its shape.
  public struct Entry: Sendable, Equatable {
    /// The name, such as `conv2d_1/kernel`.
    public let name: String
    /// The type of the elements.
    public let dataType: SafeTensors.DataType
    /// The shape.
    public let shape: Shape

    /// Where the elements lie, in bytes from the first array's first.
    let range: Range<Int>
  }
}
