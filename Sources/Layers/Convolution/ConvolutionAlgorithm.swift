internal import PinionTensor

/// How a convolution is computed. All give the same values to rounding.
public enum ConvolutionAlgorithm: String, Sendable, Codable, CaseIterable {
  /// The fastest for the shape, as measured and committed.
  case automatic
  /// Windows are copied into the rows of a matrix, a block at a time that stays in the L2 cache, and multiplied with the kernel. Takes any shape.
  case im2col
  /// Winograd's minimal filtering of tiles of 4 × 4 pixels, 36 small matrix products in place of one large with a quarter of its multiplications. Takes kernels of 3 × 3 with stride 1 (Lavin and Gray 2015).
  case winograd
  /// Sums of eight pixels at a time in registers. Takes kernels whose rows hold few values, kernel width · channels ≤ 16, as a network's first often do.
  case shallow
  /// Plain loops over the definition: slow, to compare with.
  case direct
}

/// Which algorithm `.automatic` stands for, by measurements of the layer benchmark.
enum ConvolutionChoice {
  /// Channels and filters from which Winograd's products outweigh its transforms.
  static let winogradChannels = 16

  /// The fastest algorithm for a batch of many images.
  static func fastest(_ g: WindowGeometry, filters: Int) -> ConvolutionAlgorithm {
    if ShallowConvolution.takes(g) { return .shallow }
    let isWide = min(g.channels, filters) >= winogradChannels
    return Winograd.takes(g) && isWide && savesProducts(g) ? .winograd : .im2col
  }

  /// Whether the 36 products of a tile are fewer than the nine of each of its pixels: not on maps of one row, or of 2 × 2.
  private static func savesProducts(_ g: WindowGeometry) -> Bool {
    let tiles = Winograd(geometry: g, filters: 1, batch: 1).tilesPerImage
    return Winograd.places * tiles < g.kernel.height * g.kernel.width * g.outputPixels
  }
}

/// How a convolution computes a pass: which algorithm, and cut how.
struct ConvolutionRun {
  let geometry: WindowGeometry
  let filters: Int
  private let batch: Int
  let algorithm: ConvolutionAlgorithm
  /// Whether the kernel is prepared for Winograd's algorithm; with frozen parameters also where only batches of another size run by it.
  let preparesKernel: Bool
  /// The parts of the output's rows, or of Winograd's rows of tiles, that threads share in a batch of few images; nil where they share the images.
  let pieces: Int?

  init(_ layer: Conv2D, input: Shape, mode: LayerPass.Mode, batch: Int, isFrozen: Bool) {
    geometry = WindowGeometry(
      checked: input, kernel: layer.kernel, stride: layer.stride, padding: layer.padding)
    filters = layer.filters
    self.batch = batch
    let forMany =
      layer.algorithm == .automatic
      ? ConvolutionChoice.fastest(geometry, filters: filters) : layer.algorithm
    let isForFew = mode == .inference && batch <= ConvolutionCut.fewImages
    let winograd = Winograd(geometry: geometry, filters: filters, batch: batch)
    if isForFew, layer.algorithm == .automatic, forMany == .winograd {
      let isWorthwhile =
        isFrozen && batch * winograd.tilesPerImage >= WinogradCut.fewTiles
      algorithm = isWorthwhile ? .winograd : .im2col
    } else {
      algorithm = forMany
    }
    preparesKernel = algorithm == .winograd || isFrozen && forMany == .winograd
    guard isForFew else {
      pieces = nil
      return
    }
    pieces =
      algorithm == .winograd
      ? min(batch * winograd.tileRows, WinogradCut.pieces)
      : min(batch * geometry.outputHeight, ConvolutionCut.pieces)
  }

  /// The algorithm's arithmetic.
  var winograd: Winograd { Winograd(geometry: geometry, filters: filters, batch: batch) }
  var shallow: ShallowConvolution { ShallowConvolution(geometry: geometry, filters: filters) }
  var convolution: Convolution {
    Convolution(geometry: geometry, filters: filters, algorithm: algorithm)
  }

  /// What a call takes of `count` rows: all, or the piece that is its turn.
  func part(of count: Int, piece: Int) -> Range<Int> {
    guard let pieces else { return 0..<count }
    return BatchCut.part(piece, of: pieces, in: 0..<count)
  }

  /// Floats of scratch memory.
  func scratchFloats(batch: Int) -> Int {
    switch algorithm {
    case .winograd: winograd.scratchFloats(tiles: batch * winograd.tilesPerImage)
    case .shallow: shallow.scratchFloats
    case .im2col, .direct, .automatic:
      ConvolutionCut.blockFloats(geometry, filters: filters, rows: batch * geometry.outputHeight)
    }
  }
}
