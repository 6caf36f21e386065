/// The orientation of an image: EXIF tag 0x0112 (CIPA DC-008, section 4.6.4). The raw value names
/// the sides at which the stored first row and first column are displayed: 6 ("right, top") means
/// that the image must be rotated clockwise.
enum ImageOrientation: Int {
  case up = 1
  case mirrored = 2
  case upsideDown = 3
  case mirroredUpsideDown = 4
  case transposed = 5
  case clockwise = 6
  case transversed = 7
  case counterclockwise = 8

  /// Whether rows and columns are exchanged.
  var swapsAxes: Bool { rawValue >= 5 }

  /// The place of the first stored pixel in the displayed image, and the distances of the next
  /// stored row and column from it, in pixels.
  func layout(height: Int, width: Int) -> (start: Int, row: Int, column: Int) {
    let last = height * width - 1
    return switch self {
    case .up: (0, width, 1)
    case .mirrored: (width - 1, width, -1)
    case .upsideDown: (last, -width, -1)
    case .mirroredUpsideDown: (last - (width - 1), -width, 1)
    case .transposed: (0, 1, height)
    case .clockwise: (height - 1, -1, height)
    case .transversed: (last, -1, -height)
    case .counterclockwise: (last - (height - 1), 1, -height)
    }
  }

  /// The start of EXIF data in JPEG files, which some programs also write into PNG files.
  private static let prefix = Array("Exif\0\0".utf8)

  /// The orientation in EXIF data, which are a TIFF file; nil if there is none.
  init?(exif data: some Collection<UInt8>) {
    let data = data.starts(with: Self.prefix) ? data.dropFirst(Self.prefix.count) : data[...]
    let bytes = Array(data.prefix(1 << 16))
    let isLittle = bytes.starts(with: Array("II*\0".utf8))
    guard isLittle || bytes.starts(with: Array("MM\0*".utf8)) else { return nil }
    func number(_ offset: Int, _ count: Int) -> Int? {
      guard offset >= 0, offset + count <= bytes.count else { return nil }
      let slice = bytes[offset..<offset + count]
      return (isLittle ? Array(slice.reversed()) : Array(slice)).reduce(0) { $0 << 8 | Int($1) }
    }
    guard let directory = number(4, 4), let entries = number(directory, 2) else { return nil }
    for entry in 0..<entries {
      // A directory entry of 12 bytes: tag, type, count, value.
      let offset = directory + 2 + 12 * entry
      guard let tag = number(offset, 2) else { return nil }
      guard tag == 0x0112 else { continue }
      // The standard has a short number; some programs write a long one.
      guard let type = number(offset + 2, 2), let size = [3: 2, 4: 4][type],
        let value = number(offset + 8, size)
      else { return nil }
      self.init(rawValue: value)
      return
    }
    return nil
  }

  /// The orientation in the EXIF segment of a JPEG file; nil if there is none.
  init?(jpeg bytes: [UInt8]) {
    var position = 2
    // A segment: 0xFF, marker, length including itself. The first scan ends the search.
    while position + 4 <= bytes.count, bytes[position] == 0xff {
      let marker = bytes[position + 1]
      if marker == 0xff {
        position += 1
        continue
      }
      guard marker != 0xda, marker != 0xd9 else { return nil }
      let length = Int(bytes[position + 2]) << 8 | Int(bytes[position + 3])
      let segment = bytes.dropFirst(position + 4).prefix(max(0, length - 2))
      if marker == 0xe1, segment.starts(with: Self.prefix) {
        self.init(exif: segment.dropFirst(Self.prefix.count))
        return
      }
      position += 2 + length
    }
    return nil
  }
}
