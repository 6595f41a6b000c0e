import CCurl
import Crypto

/// What libcurl is told to send a message by SMTP.
extension Transfer {
    /// `recipientList` is the transfer's, since libcurl keeps the pointer.
    func configure(_ handle: UnsafeMutableRawPointer, _ this: UnsafeMutableRawPointer, _ mail: MailEnvelope) -> Bool {
        for recipient in mail.recipients where !addToList("<\(recipient)>") { return false }
        let use =
            switch mail.security {
            case .implicit, .startTLS: CURLUSESSL_ALL
            case .none: CURLUSESSL_NONE
            }
        var codes: [CURLcode] = unsafe [
            ccurl_set_text(handle, CURLOPT_URL, request.url),
            ccurl_set_text(handle, CURLOPT_PROTOCOLS_STR, "smtp,smtps"),
            ccurl_set_long(handle, CURLOPT_USE_SSL, Int(use.rawValue)),
            ccurl_set_text(handle, CURLOPT_MAIL_FROM, "<\(mail.sender)>"),
            ccurl_set_pointer(handle, CURLOPT_MAIL_RCPT, list),
        ]
        if let account = mail.account {
            unsafe codes.append(ccurl_set_text(handle, CURLOPT_USERNAME, account.user))
            codes.append(
                account.password.withBytes { bytes in
                    // libcurl copies up to the zero at the end.
                    unsafe bytes.withUnsafeBytes { password in
                        unsafe ccurl_set_pointer(
                            handle, CURLOPT_PASSWORD, UnsafeMutableRawPointer(mutating: password.baseAddress))
                    }
                })
        }
        unsafe codes += patienceAndTrust(handle)
        unsafe codes += sending(handle, this)
        unsafe codes += receiving(handle, this)
        return codes.allSatisfy { $0 == CURLE_OK }
    }

    /// What the server's last answer says about a failure; nil when it does not explain it.
    static func mailFailure(_ code: CURLcode, _ handle: UnsafeMutableRawPointer) -> MailError? {
        if code == CURLE_USE_SSL_FAILED { return .notSent(.tls("the server offers no STARTTLS")) }
        let status = unsafe ccurl_status(handle)
        switch code {
        case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_LOGIN_DENIED, CURLE_WEIRD_SERVER_REPLY,
            CURLE_REMOTE_ACCESS_DENIED:
            return (400...599).contains(status) ? .rejected(status: status) : nil
        default: return nil
        }
    }
}
