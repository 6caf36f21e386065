internal import PinionTensor

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
