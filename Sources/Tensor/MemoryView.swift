internal import CPinionKernels
internal import Glibc

/// A bounded view of memory that it does not own, with which tensors, layers and threads share
/// numbers.
///
/// Subscripts are checked against ``count``, in release builds too. Copies of a view share the
/// elements.
///
/// - Important: A view does not keep its memory alive, and it is the only type here that crosses
///   threads unchecked. The owner of the memory (an ``AlignedBuffer``) must outlive the view, and
///   concurrent threads must use views that are disjoint or only read.
@frozen
@safe public struct MemoryView<Element: BitwiseCopyable & Sendable>: @unchecked Sendable {
  /// The address of the first element, for kernels.
  public let base: UnsafeMutablePointer<Element>

  public let count: Int

  @inlinable
  public init(base: UnsafeMutablePointer<Element>, count: Int) {
    require(count >= 0, "a view of \(count) elements")
    unsafe self.base = unsafe base
    self.count = count
  }

  @inlinable
  public subscript(position: Int) -> Element {
    get {
      require(position >= 0 && position < count, "position outside the view")
      return unsafe base[position]
    }
    nonmutating set {
      require(position >= 0 && position < count, "position outside the view")
      unsafe base[position] = newValue
    }
  }

  @inlinable
  public subscript(range: Range<Int>) -> MemoryView {
    require(range.lowerBound >= 0 && range.upperBound <= count, "range outside the view")
    return unsafe MemoryView(base: base + range.lowerBound, count: range.count)
  }

  @inlinable
  public var indices: Range<Int> { 0..<count }

  @inlinable
  public func fill(_ value: Element) { unsafe base.update(repeating: value, count: count) }

  /// Copies a view of the same count, which must not overlap.
  @inlinable
  public func copy(from source: MemoryView) {
    require(source.count == count, "copying \(source.count) elements into \(count)")
    unsafe base.update(from: source.base, count: count)
  }

  @inlinable
  public var array: [Element] { unsafe Array(UnsafeBufferPointer(start: base, count: count)) }

  /// The same memory as elements of another type, as many as fit.
  @inlinable
  package func rebound<Other>(to type: Other.Type) -> MemoryView<Other> {
    let bytes = count * MemoryLayout<Element>.stride
    let raw = unsafe UnsafeMutableRawPointer(base)
    require(Int(bitPattern: raw) % MemoryLayout<Other>.alignment == 0, "misaligned view")
    return unsafe MemoryView<Other>(
      base: raw.assumingMemoryBound(to: type), count: bytes / MemoryLayout<Other>.stride)
  }
}

extension MemoryView where Element == Float {
  /// Whether all elements are finite.
  package var areFinite: Bool { areBelow(.infinity) }

  /// Whether all magnitudes are below a positive bound; NaN is not.
  package func areBelow(_ bound: Float) -> Bool { unsafe pinion_are_below(base, count, bound) != 0 }

  package var firstNonFinite: Int? {
    areFinite ? nil : indices.first { !self[$0].isFinite }
  }
}

extension MemoryView where Element == Double {
  package var firstNonFinite: Int? {
    var carries: UInt64 = 0
    for index in 0..<count {
      unsafe carries |= (base[index].bitPattern & 0x7FFF_FFFF_FFFF_FFFF) &+ 0x0010_0000_0000_0000
    }
    return carries >> 63 == 0 ? nil : indices.first { !self[$0].isFinite }
  }
}

/// Memory for floats, aligned to cache lines.
public final class AlignedBuffer: Sendable {
  /// In bytes: a cache line, and the widest vector.
  package static let alignment = 64

  public let view: MemoryView<Float>

  /// The unaligned memory from `calloc`.
  private let allocation: MemoryView<UInt8>

  /// `count` zeros. The pages of large buffers are allocated when they are first written.
  ///
  /// - Precondition: `count` is not negative, and the memory is available.
  public convenience init(count: Int) { unsafe self.init(count: count) { unsafe calloc($0, 1) } }

  /// `count` floats of any value, to be written before they are read.
  convenience init(uninitialized count: Int) {
    unsafe self.init(count: count) { unsafe malloc($0) }
  }

  /// In place of a buffer that is written elsewhere.
  static let empty = AlignedBuffer(count: 0)

  private init(count: Int, allocatedBy allocate: (_ bytes: Int) -> UnsafeMutableRawPointer?) {
    require(count >= 0, "a buffer of \(count) elements")
    let (bytes, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Float>.stride)
    // At least one cache line for the address of an empty buffer, and one more for alignment.
    let padded = max(bytes, Self.alignment).addingReportingOverflow(Self.alignment)
    guard !overflow, !padded.overflow, let allocation = unsafe allocate(padded.partialValue) else {
      fatalError("no memory for \(count) floats")
    }
    self.allocation = unsafe MemoryView(
      base: allocation.bindMemory(to: UInt8.self, capacity: padded.partialValue),
      count: padded.partialValue)
    let pointer = unsafe allocation.alignedUp(toMultipleOf: Self.alignment)
    view = unsafe MemoryView(
      base: pointer.bindMemory(to: Float.self, capacity: count), count: count)
  }

  public convenience init(copying source: MemoryView<Float>) {
    self.init(count: source.count)
    view.copy(from: source)
  }

  deinit { unsafe free(allocation.base) }

  public var count: Int { view.count }
}
