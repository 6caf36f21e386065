extension PixelImage {
  /// Images side by side, row after row, in RGB on white.
  ///
  /// - Parameters:
  ///   - images: In reading order; nil leaves a place empty. Smaller ones than the largest lie in the upper left of their place.
  ///   - columns: How many a row.
  ///   - spacing: Pixels between them and around. Default: 2.
  ///   - frames: The colours of frames around them, as wide as the spacing, by position in `images`.
  static func grid(
    _ images: [PixelImage?], columns: Int, spacing: Int = 2, frames: [Int: RGB] = [:]
  ) -> PixelImage {
    let width = images.compactMap { $0?.width }.max() ?? 1
    let height = images.compactMap { $0?.height }.max() ?? 1
    let columns = max(1, columns)
    let rows = max(1, (images.count + columns - 1) / columns)
    let (stepX, stepY) = (width + 2 * spacing, height + 2 * spacing)
    var grid = PixelImage(width: columns * stepX, height: rows * stepY, color: .white)
    for (index, image) in images.enumerated() {
      guard let image else { continue }
      let (x, y) = (index % columns * stepX, index / columns * stepY)
      if let color = frames[index] {
        grid.paste(PixelImage(width: stepX, height: stepY, color: color), x: x, y: y)
      }
      grid.paste(image, x: x + spacing, y: y + spacing)
    }
    return grid
  }
}
