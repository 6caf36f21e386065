public import PinionTensor

/// Samples from the program's own arrays of floats.
public struct ArrayDataset: Dataset {
  /// The number of samples.
  public let count: Int

  /// The shape of one input.
  public let inputShape: Shape

  /// The shape of one target.
  public let targetShape: Shape

  /// The classes' names in the order of their indices, if given.
  public let classNames: [String]?

  private let inputs: [Float]
  private let targets: [Float]
  private let inputSize: Int
  private let targetSize: Int

  /// Inputs with values to regress on, or with targets that are encoded already.
  ///
  /// - Parameters:
  ///   - inputs: (N, …inputShape) row-major.
  ///   - inputShape: The shape of one input.
  ///   - targets: (N, …targetShape) row-major.
  ///   - targetShape: The shape of one target: `(1,)` for a value or a class index, `(C,)` for one-hot.
  ///   - classNames: The classes' names. Default: none.
  ///
  /// Throws ``DatasetError`` if a shape has no axis or a size that is not positive, the arrays are not whole samples or
  /// not equally many, or a number is not finite.
  public init(
    inputs: [Float], inputShape: Shape, targets: [Float], targetShape: Shape,
    classNames: [String]? = nil
  ) throws(DatasetError) {
    inputSize = try DatasetError.elementCount(of: inputShape, named: "input shape")
    targetSize = try DatasetError.elementCount(of: targetShape, named: "target shape")
    guard inputs.count.isMultiple(of: inputSize) else {
      let whole = inputs.count / inputSize
      throw DatasetError(
        place: "input \(whole)", expected: "\(inputSize) numbers for the shape \(inputShape)",
        found: "\(inputs.count - whole * inputSize)")
    }
    count = inputs.count / inputSize
    let (expected, overflow) = count.multipliedReportingOverflow(by: targetSize)
    guard !overflow, targets.count == expected else {
      throw DatasetError(
        place: "the targets",
        expected: "\(targetSize) numbers for each of \(count) inputs", found: "\(targets.count)")
    }
    try Self.checkFinite(inputs, named: "input", size: inputSize)
    try Self.checkFinite(targets, named: "target", size: targetSize)
    self.inputs = inputs
    self.inputShape = inputShape
    self.targets = targets
    self.targetShape = targetShape
    self.classNames = classNames
  }

  /// Inputs with class labels.
  ///
  /// - Parameters:
  ///   - inputs: N arrays of `inputShape.elementCount` numbers each.
  ///   - inputShape: The shape of one input.
  ///   - labels: N class indices in `0..<classes`.
  ///   - classes: The number of classes.
  ///   - encoding: Whether a target is the class index, shape `(1,)`, or one-hot, shape `(classes,)`.
  ///
  /// Throws ``DatasetError`` if the input shape has no axis or a size that is not positive, an input has
  /// another number of elements, there is no class, labels and inputs differ in number, a label is not the index of a
  /// class, or a number is not finite.
  public init(
    inputs: [[Float]], inputShape: Shape, labels: [Int], classes: Int,
    encoding: LabelEncoding = .index
  ) throws(DatasetError) {
    let inputSize = try DatasetError.elementCount(of: inputShape, named: "input shape")
    if let index = inputs.firstIndex(where: { $0.count != inputSize }) {
      throw DatasetError(
        place: "input \(index)", expected: "\(inputSize) numbers for the shape \(inputShape)",
        found: "\(inputs[index].count)")
    }
    guard classes > 0 else {
      throw DatasetError(
        place: "the number of classes", expected: "at least one", found: "\(classes)")
    }
    try DatasetError.check(
      "the number of labels", expected: inputs.count, because: "one for each input",
      found: labels.count)
    try DatasetError.check(labels, named: "label", within: classes)
    guard !labels.count.multipliedReportingOverflow(by: classes).overflow else {
      throw DatasetError(
        place: "the number of classes", expected: "a countable number of targets",
        found: "\(classes)")
    }
    try self.init(
      inputs: Array(inputs.joined()), inputShape: inputShape,
      targets: Self.encode(labels, classes: classes, encoding: encoding),
      targetShape: encoding.targetShape(classes: classes))
  }

  /// Writes the input at `index`, of shape ``inputShape``.
  public func copyInput(at index: Int, into view: MemoryView<Float>) {
    precondition(index >= 0 && index < count, "sample \(index) of \(count)")
    FloatKernel.copy(inputs, from: index * inputSize, into: view, count: inputSize)
  }

  /// Writes the target at `index`, of shape ``targetShape``.
  public func copyTarget(at index: Int, into view: MemoryView<Float>) {
    precondition(index >= 0 && index < count, "sample \(index) of \(count)")
    FloatKernel.copy(targets, from: index * targetSize, into: view, count: targetSize)
  }

  private static func encode(_ labels: [Int], classes: Int, encoding: LabelEncoding) -> [Float] {
    if encoding == .index { return labels.map { Float($0) } }
    var targets = [Float](repeating: 0, count: labels.count * classes)
    for (row, label) in labels.enumerated() { targets[row * classes + label] = 1 }
    return targets
  }

  private static func checkFinite(
    _ values: [Float], named name: String, size: Int
  ) throws(DatasetError) {
    guard let position = values.firstIndex(where: { !$0.isFinite }) else { return }
    throw DatasetError(
      place: "\(name) \(position / size), element \(position % size)", expected: "a finite number",
      found: "\(values[position])")
  }
}
