public import PinionTensor

/// Samples from the program's own arrays of floats, or from tensors.
///
/// ```swift
/// let training = try ArrayDataset(inputs: images, labels: labels, classes: 10)
/// ```
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
  /// Throws ``ArgumentError`` if a shape has no axis or a size that is not positive, the arrays are not whole samples or
  /// not equally many, or a number is not finite.
  public init(
    inputs: [Float], inputShape: Shape, targets: [Float], targetShape: Shape,
    classNames: [String]? = nil
  ) throws(ArgumentError) {
    inputSize = try ArgumentError.elementCount(of: inputShape, named: "input shape")
    targetSize = try ArgumentError.elementCount(of: targetShape, named: "target shape")
    guard inputs.count.isMultiple(of: inputSize) else {
      let whole = inputs.count / inputSize
      throw ArgumentError(
        place: "input \(whole)", expected: "\(inputSize) numbers for the shape \(inputShape)",
        found: "\(inputs.count - whole * inputSize)")
    }
    count = inputs.count / inputSize
    let (expected, overflow) = count.multipliedReportingOverflow(by: targetSize)
    guard !overflow, targets.count == expected else {
      throw ArgumentError(
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
  ///   - inputShape: The shape of one input. Default: a vector as long as the first input.
  ///   - labels: N class indices in `0..<classes`.
  ///   - classes: The number of classes.
  ///   - classNames: The classes' names, as many. Default: none.
  ///   - encoding: Whether a target is the class index, shape `(1,)`, or one-hot, shape `(classes,)`.
  ///
  /// Throws ``ArgumentError`` if the input shape has no axis or a size that is not positive, an input has
  /// another number of elements, there is no class or another number of names, labels and inputs differ in number,
  /// a label is not the index of a class, or a number is not finite.
  public init(
    inputs: [[Float]], inputShape: Shape? = nil, labels: [Int], classes: Int,
    classNames: [String]? = nil, encoding: LabelEncoding = .index
  ) throws(ArgumentError) {
    let inputShape = inputShape ?? [inputs.first?.count ?? 1]
    let inputSize = try ArgumentError.elementCount(of: inputShape, named: "input shape")
    if let index = inputs.firstIndex(where: { $0.count != inputSize }) {
      throw ArgumentError(
        place: "input \(index)", expected: "\(inputSize) numbers for the shape \(inputShape)",
        found: "\(inputs[index].count)")
    }
    try self.init(
      inputs: Array(inputs.joined()), count: inputs.count, inputShape: inputShape, labels: labels,
      classes: classes, classNames: classNames, encoding: encoding)
  }

  /// The samples of a tensor with class labels.
  ///
  /// - Parameters:
  ///   - inputs: (N, …): one input after the other along the first axis.
  ///   - labels: N class indices in `0..<classes`.
  ///   - classes: The number of classes.
  ///   - classNames: The classes' names, as many. Default: none.
  ///   - encoding: Whether a target is the class index, shape `(1,)`, or one-hot, shape `(classes,)`.
  ///
  /// Throws ``ArgumentError`` if the inputs have no axis besides the samples' or one without elements, there is no
  /// class or another number of names, labels and inputs differ in number, a label is not the index of a class, or
  /// a number is not finite.
  public init(
    inputs: Tensor, labels: [Int], classes: Int, classNames: [String]? = nil,
    encoding: LabelEncoding = .index
  ) throws(ArgumentError) {
    let (count, inputShape) = try Self.samples(of: inputs, named: "inputs")
    try self.init(
      inputs: inputs.elements, count: count, inputShape: inputShape, labels: labels,
      classes: classes, classNames: classNames, encoding: encoding)
  }

  /// The samples of a tensor with values to regress on, or with targets that are encoded already.
  ///
  /// - Parameters:
  ///   - inputs: (N, …): one input after the other along the first axis.
  ///   - targets: (N, …), or (N,), which gives targets of shape `(1,)`.
  ///   - classNames: The classes' names. Default: none.
  ///
  /// Throws ``ArgumentError`` if a tensor has no axis of samples or one without elements, they differ in the number
  /// of samples, or a number is not finite.
  public init(
    inputs: Tensor, targets: Tensor, classNames: [String]? = nil
  ) throws(ArgumentError) {
    let (count, inputShape) = try Self.samples(of: inputs, named: "inputs")
    let column = targets.rank == 1 ? targets.expanded(at: 1) : targets
    let (targetCount, targetShape) = try Self.samples(of: column, named: "targets")
    try ArgumentError.check(
      "the number of targets", expected: count, because: "one for each input", found: targetCount)
    try self.init(
      inputs: inputs.elements, inputShape: inputShape, targets: column.elements,
      targetShape: targetShape, classNames: classNames)
  }

  /// The number of samples in a tensor, and the shape of one.
  private static func samples(
    of tensor: Tensor, named name: String
  ) throws(ArgumentError) -> (count: Int, shape: Shape) {
    guard tensor.rank > 1 else {
      throw ArgumentError(
        place: "the shape of the \(name)", expected: "(samples, size of each, …)",
        found: "\(tensor.shape)")
    }
    return (tensor.shape[0], Shape(Array(tensor.shape.dropFirst())))
  }

  private init(
    inputs: [Float], count: Int, inputShape: Shape, labels: [Int], classes: Int,
    classNames: [String]?, encoding: LabelEncoding
  ) throws(ArgumentError) {
    guard classes > 0 else {
      throw ArgumentError(
        place: "the number of classes", expected: "at least one", found: "\(classes)")
    }
    try ArgumentError.check(
      "the number of class names", expected: classes, because: "one for each class",
      found: classNames?.count ?? classes)
    try ArgumentError.check(
      "the number of labels", expected: count, because: "one for each input", found: labels.count)
    try ArgumentError.check(labels, named: "label", within: classes)
    guard !labels.count.multipliedReportingOverflow(by: classes).overflow else {
      throw ArgumentError(
        place: "the number of classes", expected: "a countable number of targets",
        found: "\(classes)")
    }
    try self.init(
      inputs: inputs, inputShape: inputShape,
      targets: Self.encode(labels, classes: classes, encoding: encoding),
      targetShape: encoding.targetShape(classes: classes), classNames: classNames)
  }

  /// Writes the input at `index`, of shape ``inputShape``.
  public func copyInput(at index: Int, into view: MemoryView<Float>) {
    require(index >= 0 && index < count, "sample \(index) of \(count)")
    FloatKernel.copy(inputs, from: index * inputSize, into: view, count: inputSize)
  }

  /// Writes the target at `index`, of shape ``targetShape``.
  public func copyTarget(at index: Int, into view: MemoryView<Float>) {
    require(index >= 0 && index < count, "sample \(index) of \(count)")
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
  ) throws(ArgumentError) {
    guard let position = values.firstIndex(where: { !$0.isFinite }) else { return }
    throw ArgumentError(
      place: "\(name) \(position / size), element \(position % size)", expected: "a finite number",
      found: "\(values[position])")
  }
}
