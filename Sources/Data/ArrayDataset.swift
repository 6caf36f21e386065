public import PinionTensor

/// Samples from arrays of floats or tensors.
///
/// ```swift
/// let training = try ArrayDataset(inputs: images, labels: labels, classes: 10)
/// ```
public struct ArrayDataset: Dataset {
  public let count: Int
  public let inputShapes: [Shape]
  public let targetShapes: [Shape]
  public let classNames: [String]?

  private let inputs, targets: [Part]
  private let weights: [Float]?

  /// One input or target of all samples.
  private struct Part: Sendable {
    /// (N, …shape) row-major.
    let values: [Float]
    let shape: Shape
    let size: Int

    func copy(at index: Int, into view: MemoryView<Float>) {
      FloatKernel.copy(values, from: index * size, into: view, count: size)
    }
  }

  /// Several inputs or targets for each sample, and optionally a weight.
  ///
  /// - Parameters:
  ///   - inputs: One tensor (N, …) for each input.
  ///   - targets: One tensor for each target: (N, …), or (N,), which gives targets of shape `(1,)`.
  ///   - weights: N weights. Default: none.
  ///   - classNames: The classes of the first target. Default: none.
  ///
  /// Throws `ArgumentError` if there is no input or no target, a tensor has no axis of samples or
  /// no elements in a sample, the numbers of samples differ, a number is not finite or a weight is
  /// negative.
  public init(
    inputs: [Tensor], targets: [Tensor], weights: [Float]? = nil, classNames: [String]? = nil
  ) throws(ArgumentError) {
    guard let first = inputs.first, !targets.isEmpty else {
      throw ArgumentError(
        place: "the inputs and targets", expected: "at least one of each",
        found: "\(inputs.count) and \(targets.count)")
    }
    let count = first.shape.first ?? 0
    var parts: (inputs: [Part], targets: [Part]) = ([], [])
    for (number, tensor) in inputs.enumerated() {
      parts.inputs.append(
        try Self.part(
          tensor, count: count, named: "input", number: inputs.count == 1 ? nil : number))
    }
    for (number, tensor) in targets.enumerated() {
      parts.targets.append(
        try Self.part(
          tensor.rank == 1 ? tensor.expanded(at: 1) : tensor, count: count, named: "target",
          number: targets.count == 1 ? nil : number))
    }
    try self.init(
      count: count, inputs: parts.inputs, targets: parts.targets, weights: weights,
      classNames: classNames)
  }

  /// Inputs with regression targets, or with class labels that are already encoded.
  ///
  /// - Parameters:
  ///   - inputs: (N, …inputShape) row-major.
  ///   - targets: (N, …targetShape) row-major.
  ///   - targetShape: `(1,)` for a number or a class index, `(C,)` for one-hot.
  ///   - weights: N weights. Default: none.
  ///   - classNames: The classes' names. Default: none.
  ///
  /// Throws `ArgumentError` if a shape has no axis or a size that is not positive, the arrays are
  /// not whole samples or not equally many, a number is not finite or a weight is negative.
  public init(
    inputs: [Float], inputShape: Shape, targets: [Float], targetShape: Shape,
    weights: [Float]? = nil, classNames: [String]? = nil
  ) throws(ArgumentError) {
    let inputSize = try ArgumentError.elementCount(of: inputShape, named: "input shape")
    let targetSize = try ArgumentError.elementCount(of: targetShape, named: "target shape")
    guard inputs.count.isMultiple(of: inputSize) else {
      let whole = inputs.count / inputSize
      throw ArgumentError(
        place: "input \(whole)", expected: "\(inputSize) numbers for the shape \(inputShape)",
        found: "\(inputs.count - whole * inputSize)")
    }
    let count = inputs.count / inputSize
    let (expected, overflow) = count.multipliedReportingOverflow(by: targetSize)
    guard !overflow, targets.count == expected else {
      throw ArgumentError(
        place: "the targets",
        expected: "\(targetSize) numbers for each of \(count) inputs", found: "\(targets.count)")
    }
    try Self.checkFinite(inputs, named: "input", size: inputSize)
    try Self.checkFinite(targets, named: "target", size: targetSize)
    try self.init(
      count: count, inputs: [Part(values: inputs, shape: inputShape, size: inputSize)],
      targets: [Part(values: targets, shape: targetShape, size: targetSize)], weights: weights,
      classNames: classNames)
  }

  /// Inputs with class labels.
  ///
  /// - Parameters:
  ///   - inputs: N arrays of `inputShape.elementCount` numbers each.
  ///   - inputShape: The shape of one input. Default: a vector as long as the first input.
  ///   - labels: N class indices in `0..<classes`.
  ///   - classNames: One for each class. Default: none.
  ///   - encoding: Whether a target is the class index, shape `(1,)`, or one-hot, shape
  ///     `(classes,)`.
  ///   - weights: N weights. Default: none.
  ///
  /// Throws `ArgumentError` if the input shape has no axis or a size that is not positive, an input
  /// has another number of elements, there is no class or another number of names, labels or
  /// weights and inputs differ in number, a label is not the index of a class, a number is not
  /// finite or a weight is negative.
  public init(
    inputs: [[Float]], inputShape: Shape? = nil, labels: [Int], classes: Int,
    classNames: [String]? = nil, encoding: LabelEncoding = .index, weights: [Float]? = nil
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
      classes: classes, classNames: classNames, encoding: encoding, weights: weights)
  }

  /// The samples of a tensor with class labels.
  ///
  /// - Parameters:
  ///   - inputs: (N, …).
  ///   - labels: N class indices in `0..<classes`.
  ///   - classNames: One for each class. Default: none.
  ///   - encoding: Whether a target is the class index, shape `(1,)`, or one-hot, shape
  ///     `(classes,)`.
  ///   - weights: N weights. Default: none.
  ///
  /// Throws `ArgumentError` if the inputs have no axis besides the samples' or one without
  /// elements, there is no class or another number of names, labels or weights and inputs differ in
  /// number, a label is not the index of a class, a number is not finite or a weight is negative.
  public init(
    inputs: Tensor, labels: [Int], classes: Int, classNames: [String]? = nil,
    encoding: LabelEncoding = .index, weights: [Float]? = nil
  ) throws(ArgumentError) {
    let (count, inputShape) = try Self.samples(of: inputs, named: "inputs")
    try self.init(
      inputs: inputs.elements, count: count, inputShape: inputShape, labels: labels,
      classes: classes, classNames: classNames, encoding: encoding, weights: weights)
  }

  /// The samples of a tensor with regression targets, or with class labels that are already
  /// encoded.
  ///
  /// - Parameters:
  ///   - inputs: (N, …).
  ///   - targets: (N, …), or (N,), which gives targets of shape `(1,)`.
  ///   - weights: N weights. Default: none.
  ///   - classNames: The classes' names. Default: none.
  ///
  /// Throws `ArgumentError` if a tensor has no axis of samples or one without elements, the numbers
  /// of samples differ, a number is not finite or a weight is negative.
  public init(
    inputs: Tensor, targets: Tensor, weights: [Float]? = nil, classNames: [String]? = nil
  ) throws(ArgumentError) {
    try self.init(
      inputs: [inputs], targets: [targets], weights: weights, classNames: classNames)
  }

  private init(
    inputs: [Float], count: Int, inputShape: Shape, labels: [Int], classes: Int,
    classNames: [String]?, encoding: LabelEncoding, weights: [Float]?
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
      targetShape: encoding.targetShape(classes: classes), weights: weights, classNames: classNames)
  }

  private init(
    count: Int, inputs: [Part], targets: [Part], weights: [Float]?, classNames: [String]?
  ) throws(ArgumentError) {
    if let weights { try ArgumentError.check(weights: weights, ofSamples: count) }
    self.count = count
    self.inputs = inputs
    self.targets = targets
    self.weights = weights
    self.classNames = classNames
    inputShapes = inputs.map(\.shape)
    targetShapes = targets.map(\.shape)
  }

  public var inputShape: Shape { inputShapes[0] }
  public var targetShape: Shape { targetShapes[0] }
  public var hasWeights: Bool { weights != nil }

  public func copyInput(at index: Int, into view: MemoryView<Float>) {
    require(index >= 0 && index < count, "sample \(index) of \(count)")
    inputs[0].copy(at: index, into: view)
  }

  public func copyTarget(at index: Int, into view: MemoryView<Float>) {
    require(index >= 0 && index < count, "sample \(index) of \(count)")
    targets[0].copy(at: index, into: view)
  }

  public func weight(at index: Int) -> Float { weights?[index] ?? 1 }

  public func copySample(
    at index: Int, epoch: Int?, into sample: SampleView, scratch: MemoryView<Float>
  ) {
    require(index >= 0 && index < count, "sample \(index) of \(count)")
    for number in inputs.indices { inputs[number].copy(at: index, into: sample.inputs[number]) }
    for number in targets.indices { targets[number].copy(at: index, into: sample.targets[number]) }
    if let weights { sample.weight = weights[index] }
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

  /// - Parameter number: The index among several inputs or targets.
  private static func part(
    _ tensor: Tensor, count: Int, named name: String, number: Int?
  ) throws(ArgumentError) -> Part {
    let (found, shape) = try samples(
      of: tensor, named: number.map { "samples of \(name) \($0)" } ?? "\(name)s")
    try ArgumentError.check(
      "the number of " + (number.map { "samples of \(name) \($0)" } ?? "\(name)s"),
      expected: count, because: "one for each input", found: found)
    let size = try ArgumentError.elementCount(
      of: shape, named: number.map { "shape of \(name) \($0)" } ?? "\(name) shape")
    let values = tensor.elements
    try checkFinite(
      values, named: number.map { "\(name) \($0) of sample" } ?? name, size: size)
    return Part(values: values, shape: shape, size: size)
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
