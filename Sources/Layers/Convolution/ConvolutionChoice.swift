/// Which algorithm `.automatic` stands for, by measurements of the layer benchmark.
enum ConvolutionChoice {
  /// Channels and filters from which Winograd's products outweigh its transforms.
  static let winogradChannels = 16

  /// The fastest algorithm for a batch of many images.
  static func fastest(_ g: WindowGeometry, filters: Int) -> ConvolutionAlgorithm {
    if ShallowConvolution.takes(g) { return .shallow }
    let isWide = min(g.channels, filters) >= winogradChannels
    return Winograd.takes(g) && isWide ? .winograd : .im2col
  }
}
