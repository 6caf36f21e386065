/// Stable sorting by radix, least significant digits first: a fixed number of passes over keys that
/// are ordered as unsigned integers.
enum RadixSort {
  /// The bits of a digit: fewer for short rows, whose counts must fit the cache beside them.
  @inline(__always)
  private static func digitBits(_ count: Int) -> Int { count < 1 << 14 ? 8 : 11 }

  /// Shorter rows are sorted by comparison.
  private static let shortest = 128

  /// A key and its original position.
  struct Entry<Key: FixedWidthInteger & UnsignedInteger & BitwiseCopyable> {
    var key: Key
    var position: Int32
  }

  /// Sorts entries by key; equal ones stay in order. `scratch` is of the same count.
  @inline(__always)
  static func sort<Key>(
    _ entries: UnsafeMutablePointer<Entry<Key>>, keys: UnsafePointer<Key>, count: Int,
    scratch: UnsafeMutablePointer<Entry<Key>>
  ) {
    guard count >= shortest else {
      var buffer = unsafe UnsafeMutableBufferPointer(start: entries, count: count)
      unsafe buffer.sort { (left: Entry<Key>, right: Entry<Key>) -> Bool in
        if left.key == right.key { return left.position < right.position }
        return left.key < right.key
      }
      return
    }
    var (from, to) = unsafe (entries, scratch)
    unsafe forEachPass(keys, count: count) { mask, shift, starts in
      let amount = Key(truncatingIfNeeded: shift)
      for index in 0..<count {
        let entry = unsafe from[index]
        let shifted: Key = entry.key &>> amount
        let digit = Int(truncatingIfNeeded: shifted & mask)
        unsafe to[Int(starts[digit])] = entry
        unsafe starts[digit] &+= 1
      }
      unsafe (from, to) = unsafe (to, from)
    }
    if unsafe from != entries { unsafe entries.update(from: from, count: count) }
  }

  /// Calls `body` for each digit in which keys differ, with the position of the first entry of each
  /// value of the digit. All digits are counted in one pass.
  @inline(__always)
  private static func forEachPass<Key: FixedWidthInteger & UnsignedInteger>(
    _ keys: UnsafePointer<Key>, count: Int,
    _ body: (_ mask: Key, _ shift: Int, _ starts: UnsafeMutablePointer<UInt32>) -> Void
  ) {
    let digitBits = digitBits(count)
    let (buckets, passes) = (1 << digitBits, (Key.bitWidth + digitBits - 1) / digitBits)
    let mask = Key(truncatingIfNeeded: buckets - 1)
    unsafe withUnsafeTemporaryAllocation(of: UInt32.self, capacity: passes * buckets) { all in
      guard let counts = all.baseAddress else { return }
      unsafe counts.initialize(repeating: 0, count: passes * buckets)
      let width = Key(truncatingIfNeeded: digitBits)
      for index in 0..<count {
        var (key, next) = unsafe (keys[index], counts)
        for _ in 0..<passes {
          unsafe next[Int(truncatingIfNeeded: key & mask)] &+= 1
          key = key &>> width
          unsafe next += buckets
        }
      }
      for pass in 0..<passes {
        let starts = unsafe counts + pass * buckets
        var sum: UInt32 = 0
        var isSplit = true
        for digit in 0..<buckets {
          let size = unsafe starts[digit]
          if size == count { isSplit = false }
          unsafe starts[digit] = sum
          sum &+= size
        }
        if isSplit { unsafe body(mask, pass * digitBits, starts) }
      }
    }
  }
}

/// A number with an unsigned integer key of the same order: −∞ first, NaN last.
protocol SortableScalar: TensorScalar, Comparable {
  associatedtype Key: FixedWidthInteger & UnsignedInteger & BitwiseCopyable

  /// The same for both zeros.
  var key: Key { get }
}

extension Float: SortableScalar {
  @inline(__always)
  var key: UInt32 {
    if isNaN { return .max }
    let bits = self == 0 ? 0 : bitPattern
    return bits ^ (UInt32(bitPattern: Int32(bitPattern: bits) >> 31) | 1 << 31)
  }
}

extension Double: SortableScalar {
  @inline(__always)
  var key: UInt64 {
    if isNaN { return .max }
    let bits = self == 0 ? 0 : bitPattern
    return bits ^ (UInt64(bitPattern: Int64(bitPattern: bits) >> 63) | 1 << 63)
  }
}

extension Int32: SortableScalar {
  @inline(__always)
  var key: UInt32 { UInt32(bitPattern: self) ^ 1 << 31 }
}
