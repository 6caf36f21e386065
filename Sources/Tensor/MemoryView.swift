/// A bounded window on memory that somebody else owns: how tensors, layers and threads share numbers.
///
/// A view is a start and a length. Subscripts are checked against the length, in release builds
/// too. Copying a view copies no elements; writing through any copy is seen by all.
///
/// - Important: A view does not keep its memory alive, and it is the one type here that crosses
///   threads unchecked. Whoever hands views out keeps the owner (an ``AlignedBuffer``) alive meanwhile, and gives
///   concurrent workers views that are disjoint or only read.
@frozen
public struct MemoryView<Element: BitwiseCopyable & Sendable>: @unchecked Sendable {
  /// The first element. For kernels, which state the shape of what they read behind it.
  public let base: UnsafeMutablePointer<Element>

  /// The number of elements.
  public let count: Int

  /// A view of `count` elements from `base`.
  @inlinable
  public init(base: UnsafeMutablePointer<Element>, count: Int) {
    require(count >= 0, "a view of \(count) elements")
    self.base = base
    self.count = count
  }

  /// The element at a position.
  @inlinable
  public subscript(position: Int) -> Element {
    get {
      require(position >= 0 && position < count, "position outside the view")
      return base[position]
    }
    nonmutating set {
      require(position >= 0 && position < count, "position outside the view")
      base[position] = newValue
    }
  }

  /// The part of the view at the given positions.
  @inlinable
  public subscript(range: Range<Int>) -> MemoryView {
    require(range.lowerBound >= 0 && range.upperBound <= count, "range outside the view")
    return MemoryView(base: base + range.lowerBound, count: range.count)
  }

  /// All positions.
  @inlinable
  public var indices: Range<Int> { 0..<count }

  /// Sets every element.
  @inlinable
  public func fill(_ value: Element) { base.update(repeating: value, count: count) }

  /// Copies all elements of a view of the same length; the two must not overlap.
  @inlinable
  public func copy(from source: MemoryView) {
    require(source.count == count, "copying \(source.count) elements into \(count)")
    base.update(from: source.base, count: count)
  }

  /// The elements as an array.
  @inlinable
  public var array: [Element] { Array(UnsafeBufferPointer(start: base, count: count)) }

  /// The same memory seen as elements of another type, as many as fit.
  @inlinable
  public func rebound<Other>(to type: Other.Type) -> MemoryView<Other> {
    let bytes = count * MemoryLayout<Element>.stride
    let raw = UnsafeMutableRawPointer(base)
    require(Int(bitPattern: raw) % MemoryLayout<Other>.alignment == 0, "misaligned view")
    return MemoryView<Other>(
      base: raw.assumingMemoryBound(to: type), count: bytes / MemoryLayout<Other>.stride)
  }
}
