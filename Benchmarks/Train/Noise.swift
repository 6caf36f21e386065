import Pinion

/// Images that need no files.
enum Noise {
  /// Evenly distributed bytes as images (H, W, C), with one-hot classes at random.
  static func images(count: Int, shape: Shape, classes: Int) throws -> ImageDataset {
    let stream = RandomStream(seed: 0, purpose: "images")
    var pixels: [UInt8] = []
    pixels.reserveCapacity(count * shape.elementCount + 16)
    while pixels.count < count * shape.elementCount {
      let words = stream.bits(at: UInt64(pixels.count / 16))
      for lane in 0..<4 {
        withUnsafeBytes(of: words[lane]) { pixels.append(contentsOf: $0) }
      }
    }
    pixels.removeLast(pixels.count - count * shape.elementCount)
    let labels = RandomStream(seed: 0, purpose: "labels")
    return try ImageDataset(
      pixels: pixels, imageShape: shape,
      labels: (0..<count).map { Int(labels.bits(at: UInt64($0))[0] % UInt32(classes)) },
      classNames: (0..<classes).map { "\($0)" }, encoding: .oneHot)
  }
}
