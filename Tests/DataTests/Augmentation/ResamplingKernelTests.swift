import PinionTensor
import Testing

@testable import PinionData

@Suite struct ResamplingKernelTests {
  // 1×1, one row, odd and non-square images; one channel and three; every fill and interpolation.
  @Test func affineMapsAgreeWithSciPy() throws {
    let cases = try AugmentationFixture.load().affine
    #expect(cases.count == 4 * 4 * 4 * 2)
    for sample in cases {
      let image = TestImage(sample.image)
      let numbers = sample.transform
      ResamplingKernel.resample(
        image.view, scratch: image.scratchView,
        by: ImageTransform(
          xx: numbers[0], xy: numbers[1], x0: numbers[2], yx: numbers[3], yy: numbers[4],
          y0: numbers[5]),
        sampling: ImageSampling(
          fill: try AugmentationFixture.fill(sample.fill), interpolation: sample.interpolation))
      #expect(
        largestDifference(image.values, sample.expected.data) < 2e-6,
        "\(sample.image.shape), \(sample.fill), \(sample.interpolation), \(numbers)")
    }
  }

  @Test func theIdentityLeavesAllBits() {
    let image = TestImage([3, 5, 2])
    let before = image.values
    ResamplingKernel.resample(
      image.view, scratch: image.scratchView, by: ImageTransform(), sampling: ImageSampling())
    #expect(image.values == before)
  }

  @Test func mapsOnTheGridMovePixelsAsTheyAre() {
    let image = TestImage([4, 4, 1])
    let before = image.values
    // A quarter turn, counter-clockwise: what was at the right is at the top.
    let turned = image.applying(RandomRotation(90...90))
    let expected = (0..<16).map { place in
      let (row, column) = (place / 4, place % 4)
      return before[4 * column + 3 - row]
    }
    #expect(turned == expected)
  }

  @Test func mapsMayLeadAnywhere() {
    for number in [Double.nan, .infinity, -.infinity, 1e300, -1e300] {
      for fill: FillMode in [.reflect, .wrap, .nearest, .constant(value: 0)] {
        for interpolation in Interpolation.allCases {
          let image = TestImage([3, 2, 1])
          ResamplingKernel.resample(
            image.view, scratch: image.scratchView, by: ImageTransform(xy: number, x0: number),
            sampling: ImageSampling(fill: fill, interpolation: interpolation))
          #expect(image.values.allSatisfy { $0 >= 0 && $0 < 1 })
        }
      }
    }
  }

  @Test func mapsFollowEachOther() {
    let first = ImageTransform(xx: 2, xy: 3, x0: 5, yx: 7, yy: 11, y0: 13)
    let next = ImageTransform(xx: -1, xy: 4, x0: 2, yx: 0.5, yy: 6, y0: -3)
    // next(1, 1) = (5, 3.5); first(5, 3.5) = (25.5, 86.5).
    let both = first.followed(by: next)
    #expect(both.xx + both.xy + both.x0 == 25.5)
    #expect(both.yx + both.yy + both.y0 == 86.5)
    #expect(first.followed(by: ImageTransform()) == first)
    #expect(ImageTransform().followed(by: first) == first)
  }
}
