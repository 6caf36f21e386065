import PinionData
import Testing

@testable import PinionVisualization

@Suite struct PixelImageTests {
  @Test func enlargingRepeatsPixels() {
    let image = PixelImage(width: 2, height: 1, channels: 1, bytes: [1, 2]).enlarged(by: 2)
    #expect((image.width, image.height) == (4, 2))
    #expect(image.bytes == [1, 1, 2, 2, 1, 1, 2, 2])
  }

  @Test func thumbnailsAreMeansOfSquares() {
    let bytes: [UInt8] = (0..<3).flatMap { y in (0..<337).map { x in UInt8(x % 3 * 30 + y * 3) } }
    let wide = PixelImage(width: 337, height: 3, channels: 1, bytes: bytes).thumbnail
    #expect((wide.width, wide.height, wide.channels) == (113, 1, 1))
    // The last square has one column.
    #expect(wide.bytes == [UInt8](repeating: 33, count: 112) + [3])
    let colored = PixelImage(
      width: 1, height: 169, channels: 3, bytes: (0..<169).flatMap { [UInt8($0), 255, 0] }
    ).thumbnail
    #expect((colored.width, colored.height) == (1, 85))
    // Halves are rounded up.
    #expect(colored.bytes.prefix(6) == [1, 255, 0, 3, 255, 0])
    #expect(colored.bytes.suffix(3) == [168, 255, 0])
    let small = PixelImage(
      width: 168, height: 2, channels: 1, bytes: (0..<336).map { UInt8($0 % 256) })
    #expect(small.thumbnail == small)
  }

  @Test func imagesOfDatasets() throws {
    let colored = try ImageDataset(
      pixels: Array(0..<24), imageShape: [2, 2, 3], labels: [0, 0], classNames: ["a"])
    #expect(PixelImage(colored, at: 1).bytes == Array(12..<24))
    // Images of two channels are shown by the first channel.
    let pairs = try ImageDataset(
      pixels: Array(0..<8), imageShape: [2, 2, 2], labels: [0], classNames: ["a"])
    #expect(PixelImage(pairs, at: 0).bytes == [0, 2, 4, 6])
  }

  @Test func gridsAreInRowMajorOrder() {
    let images = (1...3).map { PixelImage(width: 1, height: 1, channels: 1, bytes: [$0]) }
    let grid = PixelImage.grid(
      [images[0], nil, images[1], images[2]], columns: 2, spacing: 1,
      frames: [3: RGB(0xff0000)])
    #expect((grid.width, grid.height, grid.channels) == (6, 6, 3))
    #expect(grid.color(x: 1, y: 1) == RGB(0x010101))
    #expect(grid.color(x: 4, y: 1) == .white)
    #expect(grid.color(x: 1, y: 4) == RGB(0x020202))
    #expect(grid.color(x: 4, y: 4) == RGB(0x030303))
    #expect(grid.color(x: 3, y: 3) == RGB(0xff0000))
  }
}
