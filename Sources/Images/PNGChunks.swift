/// What the chunks before the image data say besides the image's form.
struct PNGChunks {
  private(set) var isAnimated = false
  private(set) var orientation = ImageOrientation.up

  init(_ bytes: [UInt8]) {
    var position = PNGDecoder.signature.count
    // Length, type, data, checksum.
    while position + 8 <= bytes.count {
      let length = bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
      let type = bytes[position + 4..<position + 8]
      if type.elementsEqual("acTL".utf8) { isAnimated = true }
      if type.elementsEqual("eXIf".utf8) {
        orientation = ImageOrientation(exif: bytes.dropFirst(position + 8).prefix(length)) ?? .up
      }
      if type.elementsEqual("IDAT".utf8) { return }
      position += 12 + length
    }
  }
}
