/// Which algorithm `.automatic` stands for.
enum ConvolutionChoice {
  /// Channels and filters from which Winograd's products outweigh its transforms.
  static let winogradChannels = 16

  /// The fastest algorithm for a shape.
  static func fastest(
    _ g: WindowGeometry, filters: Int, isInPieces: Bool
  ) -> ConvolutionAlgorithm {
    if ShallowConvolution.takes(g) { return .shallow }
    let isWide = min(g.channels, filters) >= winogradChannels
    return Winograd.takes(g) && isWide && !isInPieces ? .winograd : .im2col
  }
}
