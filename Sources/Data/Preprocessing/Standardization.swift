public import PinionTensor

/// Makes values of mean 0 and standard deviation 1, channel by channel: (x − mean) / deviation.
///
/// The two are learned from the training images and applied to all images:
/// ```swift
/// let scaling = try Standardization(fitting: training)
/// try model.fit(
///   training.standardized(by: scaling), validation: validation.standardized(by: scaling))
/// ```
/// As scikit-learn's `StandardScaler`, channel by channel. (Keras 3's `Normalization` divides what differs from a constant channel by
/// 10⁻⁷.)
public struct Standardization: Sendable, Equatable, Codable {
  /// The mean of each channel.
  public let mean: [Float]
  /// The standard deviation of each channel, or 1 for a channel that is constant.
  public let standardDeviation: [Float]

  /// Given numbers, one for each channel.
  ///
  /// Throws ``ArgumentError`` unless there are equally many of both, at least one, all finite, and the
  /// deviations positive.
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

  /// The means and (population) standard deviations of a data set's inputs, over all samples and all axes
  /// but the last.
  ///
  /// They are computed in double precision, sample by sample in order. Throws ``ArgumentError`` if there are
  /// no samples or a number is not finite.
  public init(fitting dataset: some Dataset) throws(ArgumentError) {
    let size = try ArgumentError.elementCount(of: dataset.inputShape, named: "input shape")
    guard dataset.count > 0 else {
      throw ArgumentError(place: "the data set", expected: "at least one sample", found: "none")
    }
    let channels = dataset.inputShape[dataset.inputShape.rank - 1]
    var moments = ChannelMoments(channels: channels)
    let input = AlignedBuffer(count: size)
    withExtendedLifetime(input) {
      for index in 0..<dataset.count {
        dataset.copyInput(at: index, into: input.view)
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

  /// x ← (x − mean) / deviation, for values (…, channels) row-major.
  ///
  /// - Precondition: `values` holds whole pixels.
  public func apply(to values: MemoryView<Float>) {
    let channels = mean.count
    require(values.count.isMultiple(of: channels), "\(values.count) values, no whole pixels")
    for channel in 0..<channels {
      let (mean, deviation) = (mean[channel], standardDeviation[channel])
      if mean.magnitude > 0x1p100 || deviation > 0x1p100 {
        // Where x − mean might overflow.
        for i in stride(from: channel, to: values.count, by: channels) {
          values.base[i] = Float((Double(values.base[i]) - Double(mean)) / Double(deviation))
        }
        continue
      }
      for i in stride(from: channel, to: values.count, by: channels) {
        values.base[i] = (values.base[i] - mean) / deviation
      }
    }
  }
}

/// The mean and the sum of squared deviations of each channel, image after image.
///
/// Each image's are found in two passes and joined to those before by the formula of Chan, Golub and
/// LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances", 1979, which does
/// not cancel where the mean is large.
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

  /// Adds the values of an image, (pixels, channels) row-major.
  mutating func add(_ values: MemoryView<Float>) {
    let channels = means.count
    let added = Double(values.count / channels)
    let total = count + added
    for channel in 0..<channels {
      var sum = 0.0
      for i in stride(from: channel, to: values.count, by: channels) {
        sum += Double(values.base[i])
      }
      let mean = sum / added
      var square = 0.0
      for i in stride(from: channel, to: values.count, by: channels) {
        let deviation = Double(values.base[i]) - mean
        square += deviation * deviation
      }
      let step = mean - means[channel]
      means[channel] += step * added / total
      squares[channel] += square + step * step * count * added / total
    }
    count = total
  }
}
