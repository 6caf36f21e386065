public import PinionTensor

/// The memory of one sample, which a ``Dataset`` writes: a part of a batch's memory.
public struct SampleView: Sendable {
  /// The memory of each input, of the data set's ``Dataset/inputShapes``.
  public let inputs: Parts
  /// The memory of each target, of the data set's ``Dataset/targetShapes``.
  public let targets: Parts
  private let weights: MemoryView<Float>?

  init(inputs: Parts, targets: Parts, weights: MemoryView<Float>? = nil) {
    self.inputs = inputs
    self.targets = targets
    self.weights = weights
  }

  /// A sample with one input, one target and no weight.
  public init(input: MemoryView<Float>, target: MemoryView<Float>) {
    self.init(inputs: Parts([input]), targets: Parts([target]))
  }

  /// A sample with the given inputs and targets, at least one of each, and a view of one float for
  /// the weight, if it has one.
  public init(
    inputs: [MemoryView<Float>], targets: [MemoryView<Float>], weight: MemoryView<Float>? = nil
  ) {
    self.init(inputs: Parts(inputs), targets: Parts(targets), weights: weight)
  }

  /// The first input.
  public var input: MemoryView<Float> { inputs[0] }

  /// The first target.
  public var target: MemoryView<Float> { targets[0] }

  public var hasWeight: Bool { weights != nil }

  /// The sample's weight, 1 if it has none.
  ///
  /// - Precondition: To set it, the data set declares ``Dataset/hasWeights``.
  public var weight: Float {
    get { weights?[targets.row] ?? 1 }
    nonmutating set {
      require(hasWeight, "a weight in a sample of a data set that declares none")
      weights?[targets.row] = newValue
    }
  }

  /// The views of a sample's inputs or targets.
  public struct Parts: RandomAccessCollection, Sendable {
    /// Each (rows, …shape): all samples of a batch.
    private let batches: [MemoryView<Float>]
    private let rows: Int
    fileprivate let row: Int

    init(_ batches: [MemoryView<Float>], row: Int = 0, of rows: Int = 1) {
      require(!batches.isEmpty, "a sample without inputs or targets")
      self.batches = batches
      self.rows = rows
      self.row = row
    }

    public var startIndex: Int { 0 }
    public var endIndex: Int { batches.count }

    public subscript(position: Int) -> MemoryView<Float> {
      let batch = batches[position]
      let size = batch.count / rows
      return batch[row * size..<(row + 1) * size]
    }
  }
}
