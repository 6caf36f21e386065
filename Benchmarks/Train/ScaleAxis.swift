import Pinion

/// A number that grows while the others stay.
enum ScaleAxis: String, CaseIterable, Codable {
  case threads, batch, side, channels, depth

  var title: String {
    switch self {
    case .threads: "threads"
    case .batch: "images in a batch"
    case .side: "height and width of an image"
    case .channels: "channels of each convolution"
    case .depth: "convolutions"
    }
  }

  /// The points to measure.
  func points(threads: Int) -> [(value: Int, point: ScalePoint)] {
    let field: WritableKeyPath<ScalePoint, Int>
    let values: [Int]
    switch self {
    case .threads: (field, values) = (\.threads, Array(1...threads))
    case .batch: (field, values) = (\.batch, [4, 8, 16, 32, 64, 128, 256])
    case .side: (field, values) = (\.side, [8, 16, 24, 32, 48, 64])
    case .channels: (field, values) = (\.channels, [8, 16, 32, 48, 64, 96, 128])
    case .depth: (field, values) = (\.depth, [1, 2, 4, 6, 8, 12])
    }
    return values.map { value in
      var point = ScalePoint(threads: threads)
      point[keyPath: field] = value
      return (value, point)
    }
  }
}
