internal import CPinionCurl
internal import FoundationEssentials
internal import Glibc

/// A GET request by libcurl, used by one thread. Redirects are reported, not followed.
///
/// Allows http and https with a certificate that the system trusts. Ignores `.netrc` and cookies.
/// Uses proxies from the environment (`https_proxy`, `no_proxy` and so on).
@safe final class CurlTransfer {
  /// Once per process and not before the first transfer, because OpenSSL reads its configuration
  /// here.
  private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

  private let easy: UnsafeMutableRawPointer
  private let multi: UnsafeMutableRawPointer
  private let errorText: UnsafeMutablePointer<CChar>
  private var sentHeaders: UnsafeMutablePointer<curl_slist>?
  private var watch: StallDetector

  private var parser = HTTPHeadParser()
  private var isHeadTold = false
  private var hasTooManyHeaders = false
  private var body = Data()
  /// The result of a completed transfer.
  private var result: CURLcode?

  /// - Throws: ``TransferError`` if libcurl rejects the request.
  init(_ request: TransferRequest) throws(TransferError) {
    guard Self.isReady, let easy = unsafe curl_easy_init() else {
      throw TransferError(kind: .connection, text: "libcurl cannot be initialized")
    }
    guard let multi = unsafe curl_multi_init() else {
      unsafe curl_easy_cleanup(easy)
      throw TransferError(kind: .connection, text: "libcurl cannot be initialized")
    }
    unsafe (self.easy, self.multi) = unsafe (easy, multi)
    unsafe errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
    unsafe errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    watch = StallDetector(seconds: request.stallTimeout, minimumBytes: request.minimumBytes)
    for header in request.headers {
      unsafe sentHeaders = unsafe curl_slist_append(sentHeaders, header)
    }
    // Optional: it only shortens the cleanup, and the installed library may be older than its
    // header.
    _ = unsafe pinion_curl_quit_at_once(easy)
    let outcomes = unsafe options(request) + [curl_multi_add_handle(multi, easy) == CURLM_OK]
    guard outcomes.allSatisfy(\.self) else {
      throw TransferError(kind: .connection, text: "libcurl rejects the request to \(request.url)")
    }
  }

  deinit {
    unsafe curl_multi_remove_handle(multi, easy)
    unsafe curl_easy_cleanup(easy)
    unsafe curl_multi_cleanup(multi)
    unsafe curl_slist_free_all(sentHeaders)
    unsafe errorText.deallocate()
  }

  /// Waits for the next event or the wakeup signal. Returns nil at the end of the response.
  ///
  /// - Throws: ``TransferError``, ``StallError``, or `CancellationError` after a wakeup.
  func next(until wakeup: WakeupSignal, isCancelled: () -> Bool) throws -> HTTPTransfer.Event? {
    while true {
      if let head = parser.head, !isHeadTold {
        isHeadTold = true
        return .head(head)
      }
      if !body.isEmpty {
        defer { body = Data() }
        return .data(body)
      }
      if let result { return try end(result) }
      if isCancelled() { throw CancellationError() }
      let start = ContinuousClock.now
      try advance(until: wakeup)
      try watch.passed(start.duration(to: .now))
    }
  }

  /// Performs the transfers that are possible without waiting; waits if there are none.
  private func advance(until wakeup: WakeupSignal) throws(TransferError) {
    var running: Int32 = 0
    guard unsafe curl_multi_perform(multi, &running) == CURLM_OK else {
      throw TransferError(kind: .connection, text: "libcurl cannot continue")
    }
    var waiting: Int32 = 0
    while let message = unsafe curl_multi_info_read(multi, &waiting) {
      if unsafe message.pointee.msg == CURLMSG_DONE {
        result = unsafe pinion_curl_message_result(message)
      }
    }
    guard result == nil, body.isEmpty, isHeadTold || parser.head == nil else { return }
    let rest = max(.zero, watch.rest) / .milliseconds(1)
    var signal = curl_waitfd(
      fd: wakeup.descriptor, events: Int16(CURL_WAIT_POLLIN), revents: 0)
    unsafe curl_multi_poll(multi, &signal, 1, Int32(min(rest.rounded(.up), 1000)), nil)
  }

  private func end(_ result: CURLcode) throws(TransferError) -> HTTPTransfer.Event? {
    if hasTooManyHeaders {
      throw TransferError(
        kind: .answer,
        text: "headers of more than \(HTTPHeadParser.byteLimit) bytes "
          + "or \(HTTPHeadParser.lineLimit) lines"
      )
    }
    guard result == CURLE_OK else {
      let text = unsafe String(cString: errorText)
      throw unsafe TransferError(
        kind: TransferError.Kind(result),
        text: text.isEmpty ? String(cString: curl_easy_strerror(result)) : text)
    }
    // libcurl reports success if the connection ends within the headers.
    guard isHeadTold else {
      throw TransferError(kind: .cut, text: "the connection ended within the headers")
    }
    return nil
  }

  /// Sets all options. Returns whether each of them was accepted.
  private func options(_ request: TransferRequest) -> [Bool] {
    let object = unsafe Unmanaged.passUnretained(self).toOpaque()
    let codes = unsafe [
      pinion_curl_set_string(easy, CURLOPT_URL, request.url),
      pinion_curl_allow_http_alone(easy),
      // HTTP/2 has no advantage with one request per connection.
      pinion_curl_set_long(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1)),
      pinion_curl_set_long(easy, CURLOPT_HTTP09_ALLOWED, 0),
      pinion_curl_set_long(easy, CURLOPT_FOLLOWLOCATION, 0),
      pinion_curl_set_long(easy, CURLOPT_FORBID_REUSE, 1),
      pinion_curl_set_long(easy, CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue)),
      pinion_curl_set_long(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1),
      pinion_curl_set_long(easy, CURLOPT_SSL_VERIFYPEER, 1),
      pinion_curl_set_long(easy, CURLOPT_SSL_VERIFYHOST, 2),
      pinion_curl_set_long(
        easy, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2)),
      // Limits the time for all addresses of a host together.
      pinion_curl_set_long(
        easy, CURLOPT_CONNECTTIMEOUT_MS, Int(min(request.stallTimeout * 1000, 1e9))),
      // Signal handlers would affect the whole process.
      pinion_curl_set_long(easy, CURLOPT_NOSIGNAL, 1),
      pinion_curl_set_headers(easy, sentHeaders),
      pinion_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText),
      pinion_curl_set_pointer(easy, CURLOPT_HEADERDATA, object),
      pinion_curl_set_callback(easy, CURLOPT_HEADERFUNCTION) { memory, size, count, object in
        unsafe CurlTransfer.of(object).takeLine(
          UnsafeRawBufferPointer(start: memory, count: size * count))
      },
      unsafe pinion_curl_set_pointer(easy, CURLOPT_WRITEDATA, object),
      unsafe pinion_curl_set_callback(easy, CURLOPT_WRITEFUNCTION) { memory, size, count, object in
        unsafe CurlTransfer.of(object).takeBody(
          UnsafeRawBufferPointer(start: memory, count: size * count))
      },
    ]
    // As the `curl` command does, for example for the certificates of a company's proxy.
    let authorities = ["CURL_CA_BUNDLE", "SSL_CERT_FILE"]
      .compactMap { (name: String) in unsafe getenv(name).map { unsafe String(cString: $0) } }
      .first { !$0.isEmpty }
    return codes.map { $0 == CURLE_OK }
      + [
        authorities.map { unsafe pinion_curl_set_string(easy, CURLOPT_CAINFO, $0) == CURLE_OK }
          ?? true
      ]
  }

  private static func of(_ object: UnsafeMutableRawPointer?) -> CurlTransfer {
    guard let object = unsafe object else {
      fatalError("libcurl passed no user data to a callback")
    }
    return unsafe Unmanaged<CurlTransfer>.fromOpaque(object).takeUnretainedValue()
  }

  /// Returns the number of accepted bytes; libcurl aborts the transfer if it is smaller than the
  /// line.
  private func takeLine(_ line: UnsafeRawBufferPointer) -> Int {
    if unsafe parser.take(line) { return line.count }
    hasTooManyHeaders = true
    return 0
  }

  private func takeBody(_ bytes: UnsafeRawBufferPointer) -> Int {
    watch.received(bytes.count)
    unsafe body.append(contentsOf: bytes)
    return bytes.count
  }
}

extension TransferError.Kind {
  init(_ code: CURLcode) {
    self =
      switch code {
      case CURLE_OPERATION_TIMEDOUT: .timeout
      case CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_RECV_ERROR, CURLE_SEND_ERROR: .cut
      case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR,
        CURLE_SSL_INVALIDCERTSTATUS:
        .certificate
      // libcurl reports a header line of more than 100 kB as out of memory.
      case CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT, CURLE_WEIRD_SERVER_REPLY,
        CURLE_BAD_CONTENT_ENCODING, CURLE_OUT_OF_MEMORY:
        .answer
      default: .connection
      }
  }
}

/// Detects stalls: too few bytes in an interval of waiting.
///
/// The time that the receiver spends on processing received data does not count.
struct StallDetector {
  let limit: Duration
  let minimumBytes: Int
  private var waited = Duration.zero
  private var bytes = 0

  init(seconds: Double, minimumBytes: Int) {
    limit = .seconds(seconds)
    self.minimumBytes = minimumBytes
  }

  /// The rest of the current interval.
  var rest: Duration { limit - waited }

  mutating func received(_ count: Int) { bytes += count }

  /// - Throws: ``StallError`` at the end of an interval with too few bytes.
  mutating func passed(_ time: Duration) throws(StallError) {
    waited += time
    guard waited >= limit else { return }
    guard bytes >= minimumBytes else { throw StallError(received: bytes) }
    (waited, bytes) = (.zero, 0)
  }
}

/// Too few bytes arrived within the timeout.
struct StallError: Error {
  let received: Int
}
