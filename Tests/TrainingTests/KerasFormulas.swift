import Pinion

/// The numbers that both sides make by the formulas in `training.json`.
enum KerasFormulas {
  struct Summary {
    let sum: Double
    let norm: Double
    let projection: Double
  }

  static let batch = 64
  static let gradientBatch = 8

  /// The finaliser of splitmix64.
  static func hash(_ i: Int, _ t: Int) -> UInt64 {
    var z = (UInt64(t) << 32 &+ UInt64(i) &+ 1) &* 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A number in −1..<1.
  static func centred(_ i: Int, _ t: Int) -> Double {
    Double(hash(i, t) >> 40) / Double(1 << 23) - 1
  }

  /// The first values of all trainable tensors, t counting them from 0.
  static func setWeights(_ weights: Weights) {
    let tensors = weights.entries.filter(\.isTrainable)
    for (t, entry) in tensors.enumerated() {
      let view = weights.view(of: entry)
      let (offset, factor) = form(entry, isLast: t >= tensors.count - 2)
      for i in view.indices { view[i] = Float(offset + factor * centred(i, t)) }
    }
  }

  private static func form(
    _ entry: Weights.Entry, isLast: Bool
  ) -> (offset: Double, factor: Double) {
    switch entry.name.split(separator: "/").last {
    case "gamma": return (1, 0.2)
    case "beta": return (0, 0.2)
    case "bias": return (0, 0.1)
    default:
      let (rank, field) = (entry.shape.rank, entry.shape.dropLast(2).reduce(1, *))
      let fans = field * (entry.shape[rank - 2] + entry.shape[rank - 1])
      return (0, (rank == 4 ? 3 : isLast ? 0.1 : 2) * (6 / Double(fans)).squareRoot())
    }
  }

  static func label(image n: Int, step s: Int, classes: Int) -> Int { (7 * n + 3 * s) % classes }

  /// (H, W, C) of an image of label c, with noise of its own.
  static func image(
    label: Int, n: Int, step s: Int, noise: Int, shape: Shape, into view: MemoryView<Float>
  ) {
    let c = label % 10
    let (width, channels) = (shape[1], shape[2])
    for j in 0..<shape.elementCount {
      let (y, x, channel) = (j / channels / width, j / channels % width, j % channels)
      let a = (y * (c + 1) + x * (10 - c) + 40 * channel + 5 * n + 11 * s) % 256
      let wave = a < 128 ? 2 * a : 2 * (255 - a)
      let grain = Int(hash(j, noise + batch * s + n) >> 59)
      view[j] = Float(Double(7 * wave / 8 + grain) / 255)
    }
  }

  /// Σ xᵢ, ‖x‖ and Σ xᵢ·(2u − 1)ᵢ.
  static func summary(_ view: MemoryView<Float>) -> Summary {
    var (sum, squares, projection) = (0.0, 0.0, 0.0)
    for i in view.indices {
      let x = Double(view[i])
      sum += x
      squares += x * x
      projection += x * centred(i, 5000)
    }
    return Summary(sum: sum, norm: squares.squareRoot(), projection: projection)
  }
}
