import Pinion

/// Numbers that both libraries compute from a name, so that large weights need not be stored. As
/// `value` in `make_zoo.py`.
enum FormulaNumbers {
  /// Numbers in [−1, 1): FNV-1a of the name, then MurmurHash3's finalizer at each place.
  static func uniform(_ name: String, count: Int) -> [Double] {
    var seed: UInt32 = 2_166_136_261
    for byte in name.utf8 { seed = (seed ^ UInt32(byte)) &* 16_777_619 }
    return (0..<count).map { place in
      var x = UInt32(truncatingIfNeeded: place) &* 2_654_435_761 &+ seed
      x = (x ^ (x >> 16)) &* 0x85EB_CA6B
      x = (x ^ (x >> 13)) &* 0xC2B2_AE35
      return Double(x ^ (x >> 16)) / 2_147_483_648 - 1
    }
  }

  /// A tensor of such numbers.
  static func tensor(_ name: String, shape: Shape) -> Tensor {
    Tensor(shape: shape, elements: uniform(name, count: shape.elementCount).map { Float($0) })
  }

  /// The numbers of a parameter.
  static func parameter(_ name: String, shape: Shape) -> [Float] {
    let kind = name.split(separator: "/").last ?? ""
    let (factor, offset): (Double, Double)
    switch kind {
    case "kernel":
      let fan =
        name.contains("depthwise") ? shape[0] * shape[1] : shape.dropLast().reduce(1, *)
      (factor, offset) = ((6 / Double(fan)).squareRoot() * (name.contains("dense") ? 0.3 : 1), 0)
    case "gamma": (factor, offset) = (0.1, 1)
    case "moving_variance": (factor, offset) = (0.5, 1)
    default: (factor, offset) = (0.1, 0)
    }
    return uniform(name, count: shape.elementCount).map { Float(offset + factor * $0) }
  }
}
