extension RasterImage {
  /// The image stretched to a size: first along the rows, then along the columns.
  func resized(height newHeight: Int, width newWidth: Int) -> RasterImage {
    guard newHeight != height || newWidth != width else { return self }
    let horizontal = ResamplingWeights(from: width, to: newWidth)
    let vertical = ResamplingWeights(from: height, to: newHeight)
    let rowSize = newWidth * channels
    // (height, newWidth, channels): only the rows are resized.
    var rows = [Float](repeating: 0, count: height * rowSize)
    for y in 0..<height {
      for x in 0..<newWidth {
        let tap = horizontal.taps[x]
        for channel in 0..<channels {
          var sum: Float = 0
          for k in tap {
            sum +=
              horizontal.weights[k]
              * Float(bytes[(y * width + horizontal.sources[k]) * channels + channel])
          }
          rows[y * rowSize + x * channels + channel] = sum
        }
      }
    }
    var resized = [UInt8](repeating: 0, count: newHeight * rowSize)
    for y in 0..<newHeight {
      for i in 0..<rowSize {
        var sum: Float = 0
        for k in vertical.taps[y] {
          sum += vertical.weights[k] * rows[vertical.sources[k] * rowSize + i]
        }
        // The weights add up to 1 but for rounding.
        resized[y * rowSize + i] = UInt8(max(0, min(255, (sum + 0.5).rounded(.down))))
      }
    }
    return RasterImage(height: newHeight, width: newWidth, channels: channels, bytes: resized)
  }
}
