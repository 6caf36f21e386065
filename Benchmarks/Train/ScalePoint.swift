import Pinion

/// A parameter to vary.
enum ScaleAxis: String, CaseIterable, Codable {
  case threads, batch, side, channels, depth

  var title: String {
    switch self {
    case .threads: "threads"
    case .batch: "batch size"
    case .side: "image height and width"
    case .channels: "channels per convolution"
    case .depth: "number of convolutions"
    }
  }

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

/// A network, a batch size and a number of threads.
struct ScalePoint: Codable, Equatable {
  var threads: Int
  /// The batch size.
  var batch = 100
  /// Height and width of the images, which have three channels.
  var side = 32
  /// Filters per convolution.
  var channels = 32
  /// The number of 3 × 3 convolutions.
  var depth = 4

  /// Convolutions, one pooling layer, and one dense layer.
  var definition: Sequential {
    get throws {
      try Sequential(input: [side, side, 3]) {
        for _ in 0..<depth {
          Conv2D(channels, kernel: 3, padding: .same, activation: .relu)
        }
        MaxPool2D()
        Flatten()
        Dense(10, activation: .softmax)
      }
    }
  }

  /// Arguments of `measure-scale`.
  var arguments: [String] { [threads, batch, side, channels, depth].map(String.init) }

  init(threads: Int) { self.threads = threads }

  init(arguments: [Int]) {
    self.init(threads: arguments[0])
    (batch, side, channels, depth) = (arguments[1], arguments[2], arguments[3], arguments[4])
  }
}

/// The results at one point.
struct ScaleResult: Codable {
  var axis: ScaleAxis
  /// The value of the parameter.
  var value: Int
  var point: ScalePoint
  /// Training time per image.
  var trainMicroseconds: Double
  /// Prediction time per image.
  var predictMicroseconds: Double
  /// Of the measuring process, including its images.
  var peakMemoryBytes: Int
}
