import Pinion

/// A network, a batch and a number of threads, of which one number at a time is varied.
struct ScalePoint: Codable, Equatable {
  var threads: Int
  /// Images in a batch.
  var batch = 100
  /// The height and width of an image of three channels.
  var side = 32
  /// The filters of each convolution.
  var channels = 32
  /// The number of convolutions of 3 × 3 pixels.
  var depth = 4

  /// Convolutions one after the other, a pooling, and classes.
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

  /// What a process that measures it is told.
  var arguments: [String] { [threads, batch, side, channels, depth].map(String.init) }

  init(threads: Int) { self.threads = threads }

  init(arguments: [Int]) {
    self.init(threads: arguments[0])
    (batch, side, channels, depth) = (arguments[1], arguments[2], arguments[3], arguments[4])
  }
}
