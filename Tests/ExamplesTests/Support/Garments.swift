import Foundation

/// Files in the layout of Fashion-MNIST whose classes are patterns that a network can learn, so
/// that early stopping has an effect.
enum Garments {
  static func write(to folder: URL) throws {
    for (name, count) in [("train", 60_000), ("t10k", 10_000)] {
      var images = Data([0, 0, 8, 3]) + bigEndian(count) + bigEndian(28) + bigEndian(28)
      var labels = Data([0, 0, 8, 1]) + bigEndian(count)
      // Only the first images are used; the others are required by the format.
      let drawn = min(count, 1_000)
      for index in 0..<drawn {
        let label = (index * 7 + index / 13) % 10
        labels.append(UInt8(label))
        for pixel in 0..<784 {
          let noise = (index &* 2_654_435_761 &+ pixel &* 40_503) >> 7 & 127
          images.append(UInt8((pixel / (label + 2) % 2) * 100 + noise))
        }
      }
      images.append(Data(count: (count - drawn) * 784))
      labels.append(Data(count: count - drawn))
      try images.write(to: folder.appending(path: "\(name)-images-idx3-ubyte"))
      try labels.write(to: folder.appending(path: "\(name)-labels-idx1-ubyte"))
    }
  }

  private static func bigEndian(_ number: Int) -> Data {
    withUnsafeBytes(of: UInt32(number).bigEndian) { Data($0) }
  }
}
