internal import PinionTensor

/// How the work of dense layers is cut; constants, so that results do not depend on the machine.
enum DenseCut {
  /// Images a call from which a product runs near its full speed; few enough for a batch of 100 to make as many lanes as in other
  /// layers, so that the whole step of a chain without barriers is one region.
  static let images = 6
  /// Multiplications that make a piece of the kernel's gradient worth a thread's while: some 10 µs.
  static let work = 500_000
  /// Rows of the kernel that a piece has at least.
  static let rows = 16
  /// The most pieces.
  static let most = 16

  /// The fewest values of a row in a block.
  static let blockValues = 64

  /// The number of blocks that rows of `width` values are cut in, so that OpenBLAS need not pack them; 1 if the blocks were too narrow.
  static func blocks(rows: Int, width: Int, units: Int) -> Int {
    let most = BLAS.unpackedProduct / max(1, rows * units)
    return most >= blockValues ? (width + most - 1) / most : 1
  }

  /// The number of pieces of a kernel gradient of `width` rows, summed over `rows` rows of images.
  static func pieces(width: Int, rows: Int, units: Int) -> Int {
    let byWork = width * units * rows / work
    return max(1, min(most, byWork, width / Self.rows))
  }

  static func pieces(pass: LayerPass, units: Int) -> Int {
    let width = pass.inputs[0][pass.inputs[0].rank - 1]
    return pieces(width: width, rows: pass.batch * pass.output.elementCount / units, units: units)
  }
}
