import PinionData
import PinionTensor
import PinionTestSupport

/// `augmentation.json`: what SciPy, scikit-learn and Keras make of images.
struct AugmentationFixture: Decodable {
  struct Affine: Decodable {
    let image: FixtureTensor
    /// xx, xy, x0, yx, yy, y0.
    let transform: [Double]
    let fill: String
    let interpolation: Interpolation
    let expected: FixtureTensor
  }

  struct KerasLayer: Decodable {
    let layer: String
    let numbers: [Double]
    let fill: String
    let interpolation: Interpolation
    let image: FixtureTensor
    let expected: FixtureTensor
  }

  struct Standardization: Decodable {
    let inputs: FixtureTensor
    let mean: [Double]
    let standardDeviation: [Double]
    let expected: FixtureTensor
  }

  let affine: [Affine]
  let keras: [KerasLayer]
  let standardization: Standardization

  static func load() throws -> AugmentationFixture {
    try Fixture.load("augmentation", as: AugmentationFixture.self)
  }

  static func fill(_ name: String) throws -> FillMode {
    switch name {
    case "reflect": .reflect
    case "wrap": .wrap
    case "nearest": .nearest
    default: .constant(value: 0.375)
    }
  }
}

/// An image of a test's own, and memory for an augmentation.
final class TestImage {
  let height: Int
  let width: Int
  let channels: Int
  private let pixels: AlignedBuffer
  private let scratch: AlignedBuffer

  init(_ shape: [Int], _ values: [Float]) {
    (height, width, channels) = (shape[0], shape[1], shape[2])
    pixels = AlignedBuffer(count: values.count)
    scratch = AlignedBuffer(count: values.count)
    for (i, value) in values.enumerated() { pixels.view[i] = value }
    scratch.view.fill(.nan)
  }

  /// Values that all differ.
  convenience init(_ shape: [Int]) {
    let count = shape.reduce(1, *)
    self.init(shape, (0..<count).map { Float($0 + 1) / Float(count + 1) })
  }

  convenience init(_ tensor: FixtureTensor) { self.init(tensor.shape, tensor.data) }

  var values: [Float] { pixels.view.array }

  var view: ImageView {
    ImageView(pixels.view, height: height, width: width, channels: channels)
  }

  var scratchView: MemoryView<Float> { scratch.view }

  /// The values after an augmentation with the numbers of a stream.
  func applying(_ augmentation: some ImageAugmentation, stream: UInt64 = 0) -> [Float] {
    var random = RandomStream(seed: 1, stream: stream).generator
    augmentation.apply(to: view, scratch: scratch.view, random: &random)
    return values
  }
}

func largestDifference(_ left: [Float], _ right: [Float]) -> Float {
  guard left.count == right.count else { return .infinity }
  return zip(left, right).map { abs($0 - $1) }.max() ?? 0
}
