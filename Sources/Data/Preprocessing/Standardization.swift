public import PinionTensor

/// Scales values to mean 0 and standard deviation 1, channel by channel: (x − mean) / deviation.
///
/// The two are computed from the training data and applied to all data:
/// ```swift
/// let scaling = try Standardization(fitting: training)
/// try model.fit(
///   training.standardized(by: scaling), validation: validation.standardized(by: scaling))
/// ```
/// As scikit-learn's `StandardScaler` for each channel. (Keras 3's `Normalization` divides by 10⁻⁷
/// where a channel is constant.)
public struct Standardization: Sendable, Equatable, Codable {
  /// One for each channel.
  public let mean: [Float]
  /// One for each channel; 1 for a constant channel.
  public let standardDeviation: [Float]

  /// Throws `ArgumentError` unless there are equally many of both, at least one, all finite, and
  /// the deviations positive.
  public init(mean: [Float], standardDeviation: [Float]) throws(ArgumentError) {
    try ArgumentError.check(
      "the standard deviations", expected: mean.count, because: "one for each mean",
      found: standardDeviation.count)
    for (channel, (mean, deviation)) in zip(mean, standardDeviation).enumerated() {
      guard mean.isFinite, deviation.isFinite, deviation > 0 else {
        throw ArgumentError(
          place: "channel \(channel)", expected: "a finite mean and a positive deviation",
          found: "\(mean) and \(deviation)")
      }
    }
    guard !mean.isEmpty else {
      throw ArgumentError(place: "the means", expected: "at least one", found: "none")
    }
    self.mean = mean
    self.standardDeviation = standardDeviation
  }

  /// The means and (population) standard deviations of a data set's inputs, the first of several,
  /// over all samples and all axes but the last.
  ///
  /// Computed in double precision, sample by sample in order. Throws `ArgumentError` if there are
  /// no samples or a number is not finite, ``SampleError`` if a sample cannot be read.
  public init(fitting dataset: some Dataset) throws {
    let size = try ArgumentError.elementCount(of: dataset.inputShape, named: "input shape")
    guard dataset.count > 0 else {
      throw ArgumentError(place: "the data set", expected: "at least one sample", found: "none")
    }
    let channels = dataset.inputShape[dataset.inputShape.rank - 1]
    var moments = ChannelMoments(channels: channels)
    let input = AlignedBuffer(count: size)
    try withExtendedLifetime(input) {
      for index in 0..<dataset.count {
        try dataset.reading(index) { try dataset.copyInput(at: index, into: input.view) }
        moments.add(input.view)
      }
    }
    let deviations = moments.standardDeviations
    if let channel = deviations.firstIndex(where: { !$0.isFinite }) {
      throw ArgumentError(
        place: "channel \(channel)", expected: "finite numbers", found: "others among them")
    }
    mean = moments.means.map { Float($0) }
    standardDeviation = deviations.map { Float($0) > 0 ? Float($0) : 1 }
  }

  /// x ← (x − mean) / deviation.
  ///
  /// - Parameter values: (…, channels) row-major.
  public func apply(to values: MemoryView<Float>) {
    let channels = mean.count
    require(
      values.count.isMultiple(of: channels),
      "\(values.count) values, not a multiple of the channels")
    for channel in 0..<channels {
      let (mean, deviation) = (mean[channel], standardDeviation[channel])
      if mean.magnitude > 0x1p100 || deviation > 0x1p100 {
        // x − mean might overflow.
        for i in stride(from: channel, to: values.count, by: channels) {
          unsafe values.base[i] = unsafe Float(
            (Double(values.base[i]) - Double(mean)) / Double(deviation))
        }
        continue
      }
      for i in stride(from: channel, to: values.count, by: channels) {
        unsafe values.base[i] = unsafe (values.base[i] - mean) / deviation
      }
    }
  }
}

/// The mean and the sum of squared deviations of each channel, sample by sample.
///
/// Those of one sample are computed in two passes and merged by the formula of Chan, Golub and
/// LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances", 1979,
/// which does not cancel for large means.
struct ChannelMoments {
  private(set) var means: [Double]
  private var squares: [Double]
  private var count = 0.0

  init(channels: Int) {
    means = [Double](repeating: 0, count: channels)
    squares = means
  }

  /// √(squares / count) of each channel.
  var standardDeviations: [Double] { squares.map { ($0 / count).squareRoot() } }

  /// Adds the values of a sample, (pixels, channels) row-major.
  mutating func add(_ values: MemoryView<Float>) {
    let channels = means.count
    let added = Double(values.count / channels)
    let total = count + added
    for channel in 0..<channels {
      var sum = 0.0
      for i in stride(from: channel, to: values.count, by: channels) {
        unsafe sum += Double(values.base[i])
      }
      let mean = sum / added
      var square = 0.0
      for i in stride(from: channel, to: values.count, by: channels) {
        let deviation = unsafe Double(values.base[i]) - mean
        square += deviation * deviation
      }
      let step = mean - means[channel]
      means[channel] += step * added / total
      squares[channel] += square + step * step * count * added / total
    }
    count = total
  }
}

/// A data set whose input is standardized when it is copied, after any augmentation.
public struct StandardizedDataset: WrappingDataset {
  public let base: any Dataset
  public let standardization: Standardization
  /// Which of the inputs is standardized.
  public let input: Int

  init(_ base: any Dataset, _ standardization: Standardization, input: Int) {
    self.base = base
    self.standardization = standardization
    self.input = input
  }

  /// The base's, if the first input is not the one that is standardized.
  public var valueRange: ClosedRange<Float>? { input == 0 ? nil : base.valueRange }

  public func copyInput(at index: Int, into view: MemoryView<Float>) throws {
    try base.copyInput(at: index, into: view)
    if input == 0 { standardization.apply(to: view) }
  }

  public func copySample(
    at index: Int, epoch: Int?, into sample: SampleView, scratch: MemoryView<Float>
  ) throws {
    try base.copySample(at: index, epoch: epoch, into: sample, scratch: scratch)
    standardization.apply(to: sample.inputs[input])
  }
}

extension Dataset {
  /// The data set with inputs of mean 0 and standard deviation 1, channel by channel.
  ///
  /// - Parameter input: Which of several inputs is standardized. Default: the first.
  ///
  /// Throws `ArgumentError` unless the last axis of the input is as long as the standardization has
  /// channels.
  public func standardized(
    by standardization: Standardization, input: Int = 0
  ) throws(ArgumentError) -> StandardizedDataset {
    let shapes = inputShapes
    guard shapes.indices.contains(input) else {
      throw ArgumentError(
        place: "the input to standardize", expected: "0...\(shapes.count - 1)", found: "\(input)")
    }
    guard let channels = shapes[input].last, channels == standardization.mean.count else {
      throw ArgumentError(
        place: "the inputs to standardize",
        expected: "\(standardization.mean.count) channels", found: "the shape \(shapes[input])")
    }
    return StandardizedDataset(self, standardization, input: input)
  }
}
