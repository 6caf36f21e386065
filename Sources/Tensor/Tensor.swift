internal import Glibc

/// A dense, row-major array of numbers or Booleans with any number of axes.
///
/// ``Tensor`` holds `Float`, ``DoubleTensor`` `Double`, ``IndexTensor`` `Int32` and ``Mask``
/// `Bool`. A value with copy-on-write storage, aligned to cache lines.
/// ```swift
/// let images = Tensor.zeros([64, 28, 28, 1])
/// let scores = images.reshaped(to: [64, -1]).matmul(weights) + bias
/// ```
/// Operators and subscripts follow NumPy's rules and trap on shapes that do not fit, with a message
/// that shows them.
public struct TensorOf<Scalar: TensorScalar>: Sendable {
  public let shape: Shape

  public let count: Int

  /// Never written while shared between copies. Its floats are the elements' memory, whatever their
  /// type.
  var buffer: AlignedBuffer

  /// A tensor of zeros that `body` fills.
  @inline(__always)
  init(shape: Shape, filledBy body: (MemoryView<Scalar>) -> Void = { _ in }) {
    self.init(shape: shape, sharing: AlignedBuffer(count: Self.words(shape)))
    withExtendedLifetime(buffer) { body(view) }
  }

  /// A tensor of which `body` writes every element.
  @inline(__always)
  init(writing shape: Shape, _ body: (MemoryView<Scalar>) -> Void) {
    self.init(shape: shape, sharing: AlignedBuffer(uninitialized: Self.words(shape)))
    withExtendedLifetime(buffer) { body(view) }
  }

  /// The memory of another tensor, or of a new one.
  init(shape: Shape, sharing buffer: AlignedBuffer) {
    self.shape = shape
    count = shape.elementCount
    self.buffer = buffer
  }

  /// The number of floats whose memory holds the elements.
  static func words(_ shape: Shape) -> Int {
    require(shape.allSatisfy { $0 >= 0 }, "a tensor of shape \(shape)")
    let word = MemoryLayout<Float>.stride
    let (bytes, overflow) = shape.elementCount.multipliedReportingOverflow(
      by: MemoryLayout<Scalar>.stride)
    require(!overflow && bytes <= Int.max - word, "no memory for a tensor of shape \(shape)")
    return (bytes + word - 1) / word
  }

  /// - Parameter elements: Row-major. Traps unless there are `shape.elementCount`.
  public init(shape: Shape, elements: [Scalar]) {
    require(
      shape.allSatisfy { $0 >= 0 } && elements.count == shape.elementCount,
      "\(elements.count) elements for a tensor of shape \(shape)")
    self.init(writing: shape) { view in
      unsafe elements.withUnsafeBufferPointer { source in
        guard let start = source.baseAddress else { return }
        unsafe view.base.update(from: start, count: source.count)
      }
    }
  }

  /// - Parameter source: Row-major. Traps unless there are `shape.elementCount`.
  public init(copying source: MemoryView<Scalar>, shape: Shape) {
    require(
      shape.allSatisfy { $0 >= 0 } && source.count == shape.elementCount,
      "\(source.count) elements for a tensor of shape \(shape)")
    self.init(writing: shape) { $0.copy(from: source) }
  }

  /// The same elements, in shared memory, with another shape of equal element count.
  init(_ other: Self, shape: Shape) { self.init(shape: shape, sharing: other.buffer) }

  public var rank: Int { shape.rank }

  /// A copy in row-major order.
  public var elements: [Scalar] { read { $0.array } }

  /// The only element. Traps unless there is exactly one.
  public var scalar: Scalar {
    require(count == 1, "the only element of a tensor of shape \(shape)")
    return read { $0[0] }
  }

  /// Row-major, to be read only; valid as long as the tensor exists.
  package var view: MemoryView<Scalar> {
    unsafe MemoryView(
      base: UnsafeMutableRawPointer(buffer.view.base).assumingMemoryBound(to: Scalar.self),
      count: count)
  }

  /// Calls `body` with a read-only view of the elements in row-major order.
  @inline(__always)
  package func read<Result, Failure: Error>(
    _ body: (MemoryView<Scalar>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { withExtendedLifetime(buffer) {} }
    return try body(view)
  }

  /// Calls `body` with a view of the elements in row-major order, valid until it returns. Shared
  /// storage is copied first.
  @inline(__always)
  public mutating func mutate<Result, Failure: Error>(
    _ body: (MemoryView<Scalar>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    if !isKnownUniquelyReferenced(&buffer) {
      buffer = withExtendedLifetime(buffer) { AlignedBuffer(copying: buffer.view) }
    }
    defer { withExtendedLifetime(buffer) {} }
    return try body(view)
  }
}

extension TensorOf: Equatable {
  /// Whether shapes and elements are equal. A tensor with NaN is not equal to itself.
  public static func == (left: Self, right: Self) -> Bool {
    guard left.shape == right.shape else { return false }
    if Scalar.self == Float.self {
      return agree(left.viewed(as: Float.self), right.viewed(as: Float.self))
    }
    if Scalar.self == Double.self {
      return agree(left.viewed(as: Double.self), right.viewed(as: Double.self))
    }
    return left.read { left in
      right.read { right in
        unsafe memcmp(left.base, right.base, left.count * MemoryLayout<Scalar>.stride) == 0
      }
    }
  }

  @inline(__always)
  private static func agree<Real: RealScalar>(
    _ left: TensorOf<Real>, _ right: TensorOf<Real>
  ) -> Bool {
    left.read { left in
      right.read { right in
        for index in left.indices where unsafe left.base[index] != right.base[index] {
          return false
        }
        return true
      }
    }
  }
}

/// The type of a tensor's elements: `Float`, `Double`, `Int32` or `Bool`.
///
/// All bits zero is the type's zero or false. Conformances of other types are not supported.
public protocol TensorScalar: BitwiseCopyable, Sendable, Hashable {}

/// The type of real numbers in a tensor: `Float` or `Double`.
public protocol RealScalar: TensorScalar, BinaryFloatingPoint {}

extension Float: RealScalar {}
extension Double: RealScalar {}
extension Int32: TensorScalar {}
extension Bool: TensorScalar {}

/// A tensor of floats, the type of the elements of layers and data sets.
public typealias Tensor = TensorOf<Float>

/// A tensor in double precision, for linear algebra.
public typealias DoubleTensor = TensorOf<Double>

/// A tensor of positions along an axis, such as what ``TensorOf/argsort(along:descending:)`` gives.
public typealias IndexTensor = TensorOf<Int32>

/// A tensor of Booleans, the result of comparisons.
public typealias Mask = TensorOf<Bool>

extension TensorOf {
  /// The same tensor with its scalar type stated, so that generic code calls code compiled for that
  /// type. Traps if the types differ.
  @inline(__always)
  package func viewed<Other>(as type: Other.Type) -> TensorOf<Other> {
    require(Scalar.self == type, "a tensor of \(Scalar.self) as one of \(type)")
    return TensorOf<Other>(shape: shape, sharing: buffer)
  }

  /// Calls `body` with the tensor, its scalar type stated as in ``viewed(as:)``. Does not copy the
  /// elements unless they are shared.
  @inline(__always)
  mutating func mutateViewed<Other>(
    as type: Other.Type, _ body: (inout TensorOf<Other>) -> Void
  ) {
    var own = viewed(as: type)
    buffer = .empty
    body(&own)
    buffer = own.buffer
  }
}
