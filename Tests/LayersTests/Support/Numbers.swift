import PinionTensor

@testable import PinionLayers

/// Random numbers as floats, which kernels read, and as doubles, for their twins.
struct Numbers {
  let buffer: AlignedBuffer

  var view: MemoryView<Float> { buffer.view }
  var doubles: [Double] { view.array.map(Double.init) }

  /// Numbers spread over a range, or over the whole numbers in it.
  init(_ count: Int, _ name: String, in range: Range<Float> = -1..<1, areWhole: Bool = false) {
    buffer = AlignedBuffer(count: count)
    RandomStream(seed: 1, purpose: "tests/" + name).fillUniform(buffer.view, in: range)
    if areWhole { for i in view.indices { view[i] = view[i].rounded() } }
  }

  /// Memory of NaN, which shows elements that are not written.
  static func poisoned(_ count: Int) -> AlignedBuffer {
    let buffer = AlignedBuffer(count: count)
    buffer.view.fill(.nan)
    return buffer
  }
}

/// ‖actual − expected‖ / max(‖expected‖, `floor`) in Euclidean norms; NaN if any actual number is
/// NaN, infinite if the lengths differ.
///
/// Kernels sum in single precision, with a relative error of 6·10⁻⁸ an operation. Their blocked
/// sums of up to some 10⁵ terms lose a few of these, so that 10⁻⁵ leaves a factor of ten, while an
/// element at a wrong place among the grids' thousands changes the norm by 10⁻² or more.
func relativeError(_ actual: [Float], _ expected: [Double], floor: Double = 1e-30) -> Double {
  guard actual.count == expected.count else { return .infinity }
  var (difference, norm) = (0.0, 0.0)
  for (a, e) in zip(actual, expected) {
    difference += (Double(a) - e) * (Double(a) - e)
    norm += e * e
  }
  return difference.squareRoot() / max(norm.squareRoot(), floor)
}

/// The Euclidean norm.
func norm(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }

/// Draws from lists, the same at every run.
struct Choices {
  private let stream: RandomStream
  private var drawn = 0

  init(_ name: String) { stream = RandomStream(seed: 1, purpose: "tests/choices/" + name) }

  /// A number in 0..<count.
  mutating func below(_ count: Int) -> Int {
    drawn += 1
    return Int(stream.bits(at: UInt64(drawn)).x) % count
  }

  mutating func pick<Value>(_ values: [Value]) -> Value { values[below(values.count)] }
}
