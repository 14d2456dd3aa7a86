use super::*;

#[test]
fn compares_by_normal_form_and_keeps_the_spelling() {
    let a = Address::parse("Carol.D@Target.Example.").unwrap();
    assert_eq!(a, Address::parse("carol.d@target.example").unwrap());
    assert_eq!(a.as_str(), "Carol.D@Target.Example");
    assert_eq!(format!("{a:?}"), "Address(…)");
}

#[test]
fn what_is_told_at_a_look_is_an_address_as_written() {
    let pieces = [
        "",
        "a",
        "b2",
        "@c.example",
        "9",
        ".",
        "-",
        "--",
        "+",
        "_",
        "@",
        "@c",
        ".example",
        ".local",
        ".7",
        "A",
        "%",
        "xn--a",
        " ",
    ];
    let mut normal = 0;
    for a in pieces {
        for b in pieces {
            for c in pieces {
                for d in pieces {
                    let text = [a, b, c, d].concat();
                    if is_normal(&text) {
                        normal += 1;
                        let address = Address::parse_any(&text).unwrap();
                        assert_eq!((address.as_str(), address.key()), (&*text, &*text));
                    }
                }
            }
        }
    }
    assert!(normal > 100, "{normal}");
    assert!(is_normal("carol.d-e+x_y@target.example") && !is_normal("a@b"));
}

#[test]
fn the_normal_form_of_an_address_is_one() {
    // In A-labels this domain is six octets longer, and the address past its limit.
    let domain = format!("m\u{fc}nchen.{}example", "chen.".repeat(45));
    let long = format!("a@{domain}");
    assert!(long.len() <= MAX_ADDRESS_OCTETS);
    let at_the_edge = (0..30).map(|n| format!("{}@{domain}", "a".repeat(n + 1)));
    let (mut accepted, mut refused) = (0, 0);
    for text in at_the_edge.filter(|t| t.len() <= MAX_ADDRESS_OCTETS) {
        match Address::parse(&text) {
            Ok(address) => {
                accepted += 1;
                assert_eq!(Address::parse(address.key()).unwrap(), address);
            }
            Err(error) => {
                refused += 1;
                assert_eq!(error, AddressError::TooLong);
            }
        }
    }
    assert!(accepted > 0 && refused > 0, "{accepted} {refused}");
}

#[test]
fn refuses_what_is_no_public_mailbox() {
    for bad in [
        "",
        "a",
        "@b.example",
        "a@",
        "a@localhost",
        "a@[1.2.3.4]",
        "a@1.2.3.4",
        "-x@b.example",
        "a b@c.example",
        "\"a\"@b.example",
        "a%c@b.example",
        "a@b@c.example",
        "a..b@c.example",
        "a@b.example>\r\nRCPT TO:<v@w.example",
        "a@-b.example",
        "a\u{0}@b.example",
        "İ@b.example",
        "root@mail.localhost",
        "a@b.invalid",
        "a@ｔarget.example",
        "a@target。example",
        "a@xn--zzzzzzzzz-.example",
    ] {
        assert!(Address::parse(bad).is_err(), "{bad:?}");
    }
}

/// F9: one domain in two spellings is one; what only looks like it is another.
#[test]
fn f9_a_domain_is_what_the_dns_makes_of_it() {
    let a = |text: &str| Address::parse(text).unwrap();
    assert_eq!(a("a@bücher.example"), a("a@xn--bcher-kva.example"));
    assert_eq!(a("a@BÜCHER.example").key(), "a@xn--bcher-kva.example");
    assert_eq!(a("a@bücher.example").as_str(), "a@bücher.example");
    // The first letter is Cyrillic.
    assert_ne!(a("a@\u{430}pple.example"), a("a@apple.example"));
}

#[test]
fn limits_count_one_mailbox_once() {
    let key = |t: &str| Address::parse(t).unwrap().rate_key().into_owned();
    assert_eq!(key("C.A.Rol+x@Googlemail.com"), key("carol@gmail.com"));
    assert_ne!(key("c.arol@b.example"), key("carol@b.example"));
}

#[test]
fn sub_addresses_belong_to_their_base() {
    let base = Address::parse("intro@bot.example").unwrap();
    let is = |t: &str| Address::parse(t).unwrap().is_or_extends(&base, '+');
    assert!(is("intro@bot.example") && is("Intro+12-abc@bot.example"));
    assert!(!is("introx@bot.example") && !is("intro+1@other.example"));
}
