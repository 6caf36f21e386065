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
