//! Files as Google, Outlook and Apple export them.

use super::*;

fn read(text: &str) -> Contacts {
    parse(text.as_bytes(), Path::new("people.vcf")).unwrap()
}

/// Everyone in short: `name|nicknames|addresses`.
fn short(contacts: &Contacts) -> Vec<String> {
    let one = |contact: &Contact| {
        let addresses: Vec<&str> = contact.addresses.iter().map(Address::as_str).collect();
        format!(
            "{}|{}|{}",
            contact.name,
            contact.nicknames.join(","),
            addresses.join(" ")
        )
    };
    contacts.people.iter().map(one).collect()
}

const APPLE: &str = "BEGIN:VCARD\r\nVERSION:3.0\r\nPRODID:-//Apple Inc.//macOS 14.5//EN\r\n\
    N:Danvers;Carol;Susan;Dr.;\r\nFN:Dr. Carol Susan Danvers\r\nNICKNAME:CJ\\, Captain\r\n\
    ORG:Starforce;\r\nitem1.EMAIL;type=INTERNET:carol@home.example\r\nitem1.X-ABLabel:_$!<Other>!$_\r\n\
    EMAIL;type=INTERNET;type=WORK;type=pref:carol@work.example\r\nTEL;type=CELL:+1 555 0100\r\n\
    PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQSkZJRgABAQAAAQABAAD\r\n /2wBDAAEBAQEBAQEBAQEBAQEBAQ\r\n\
    item2.ADR;type=HOME:;;1 Main St;Town;;1;US\r\nNOTE:a note\\nEMAIL:not@an.address.example\r\nEND:VCARD\r\n\
    BEGIN:VCARD\r\nVERSION:3.0\r\nN:;;;;\r\nFN:Acme GmbH\r\nORG:Acme GmbH;\r\nX-ABShowAs:COMPANY\r\nTEL:1\r\nEND:VCARD\r\n";

#[test]
fn apple_cards_are_read() {
    let contacts = read(APPLE);
    assert_eq!(
        short(&contacts),
        ["Dr. Carol Susan Danvers|CJ,Captain|carol@work.example carol@home.example"]
    );
    assert!(contacts.problems.is_empty());
}

#[test]
fn google_and_outlook_cards_are_read() {
    let google = "BEGIN:VCARD\nVERSION:3.0\nFN:Jörg Müller\nN:Müller;Jörg;;;\n\
        EMAIL;TYPE=INTERNET;TYPE=HOME:jorg@home.example\nEMAIL;TYPE=INTERNET;TYPE=WORK:\n\
        CATEGORIES:myContacts\nEND:VCARD\n";
    assert_eq!(short(&read(google)), ["Jörg Müller||jorg@home.example"]);
    let outlook = "BEGIN:VCARD\r\nVERSION:2.1\r\nN;LANGUAGE=en-us:Lister;Dave\r\nFN:Dave Lister\r\n\
        EMAIL;INTERNET:old@ship.example\r\nEMAIL;PREF;INTERNET:dave@ship.example\r\n\
        NOTE;ENCODING=QUOTED-PRINTABLE:a=0D=0A=\r\nb\r\nEND:VCARD\r\n";
    assert_eq!(
        short(&read(outlook)),
        ["Dave Lister||dave@ship.example old@ship.example"]
    );
    let turned = "BEGIN:VCARD\nVERSION:3.0\nFN:Danvers, Carol\nN:Danvers;Carol;;;\nEMAIL:c@x.example\nEND:VCARD\n";
    assert_eq!(short(&read(turned)), ["Carol Danvers||c@x.example"]);
}

#[test]
fn version_4_has_numbers_for_preference() {
    let text = "BEGIN:VCARD\nVERSION:4.0\nFN:Eve Polastri\nNICKNAME:Evie,Vee\n\
        EMAIL:c@x.example\nEMAIL;PREF=2:b@x.example\nEMAIL;TYPE=work;PREF=1:a@x.example\n\
        EMAIL;PREF=3:A@X.example\nEND:VCARD\n\
        BEGIN:VCARD\nVERSION:4.0\nKIND:group\nFN:Everyone\nEMAIL:all@x.example\nEND:VCARD\n\
        BEGIN:VCARD\nVERSION:4.0\nFN:Long Folded\n  Name\nEMAIL:mailto:long@x.example\nEND:VCARD\n";
    assert_eq!(
        short(&read(text)),
        [
            "Eve Polastri|Evie,Vee|a@x.example b@x.example c@x.example",
            "Long Folded Name||long@x.example"
        ]
    );
}

#[test]
fn a_broken_card_costs_itself_alone() {
    let text = "BEGIN:VCARD\nVERSION:3.0\nFN:One\nEMAIL:one@x.example\nEND:VCARD\n\
        BEGIN:VCARD\nVERSION:3.0\nFN:Two\nEMAIL:two@x.example\n\
        BEGIN:VCARD\nVERSION:3.0\nFN:Three\nEMAIL:not an address\nEND:VCARD\n\
        BEGIN:VCARD\nVERSION:3.0\nFN:Four\nEMAIL:four@localhost\nEMAIL:four@x.example\nEND:VCARD\n\
        garbage\n\
        BEGIN:VCARD\n;;;:::\nFN:Five\nEMAIL:five@x.example\nEND:VCARD\n\
        BEGIN:VCARD\nFN:Six\n";
    let contacts = read(text);
    assert_eq!(
        short(&contacts),
        [
            "One||one@x.example",
            "Four||four@x.example",
            "Five||five@x.example"
        ]
    );
    let lines: Vec<&str> = contacts
        .problems
        .iter()
        .map(|p| p.split(": ").next().unwrap())
        .collect();
    assert_eq!(
        lines,
        [
            "people.vcf:6",
            "people.vcf:10",
            "people.vcf:15",
            "people.vcf:27"
        ]
    );
    let shown = contacts.problems.join(" ");
    assert!(!shown.contains('@') && !shown.contains("Two"), "{shown}");
}

#[test]
fn google_tables_are_read() {
    let new = "First Name,Middle Name,Last Name,Phonetic First Name,Nickname,File As,Organization Name,E-mail 1 - Label,E-mail 1 - Value,E-mail 2 - Label,E-mail 2 - Value,Phone 1 - Value\n\
        Carol,,Danvers,,CJ,,Starforce,Home,carol@home.example,* Work,carol@work.example,555\n\
        Dave,J.,Lister,,,,,,dave@ship.example ::: dl@ship.example,,,\n\
        Nobody,,Here,,,,,,,,,555\n";
    assert_eq!(
        short(&read(new)),
        [
            "Carol Danvers|CJ|carol@work.example carol@home.example",
            "Dave J. Lister||dave@ship.example dl@ship.example"
        ]
    );
    let old = "Name,Given Name,Additional Name,Family Name,Nickname,E-mail 1 - Type,E-mail 1 - Value,Phone 1 - Type\n\
        \"Danvers, Carol\",Carol,,Danvers,CJ,* Other,carol@home.example,Mobile\n";
    assert_eq!(short(&read(old)), ["Carol Danvers|CJ|carol@home.example"]);
}

#[test]
fn outlook_tables_are_read_in_several_languages() {
    let english = "First Name,Middle Name,Last Name,Title,Suffix,Nickname,E-mail Address,E-mail 2 Address,E-mail 3 Address,Home Phone\r\n\
        Carol,,Danvers,,,,carol@work.example,carol@home.example,,\r\n";
    assert_eq!(
        short(&read(english)),
        ["Carol Danvers||carol@work.example carol@home.example"]
    );
    let classic = "\"First Name\",\"Last Name\",\"E-mail Address\",\"E-mail Type\",\"E-mail Display Name\",\"E-mail 2 Address\"\r\n\
        \"Carol\",\"Danvers\",\"/o=ExchangeLabs/cn=carol\",\"EX\",\"Carol (c@x.example)\",\"carol@work.example\"\r\n";
    assert_eq!(short(&read(classic)), ["Carol Danvers||carol@work.example"]);
    let german = "Anrede;Vorname;Weitere Vornamen;Nachname;Firma;E-Mail-Adresse;E-Mail-Typ;E-Mail: Angezeigter Name;E-Mail 2: Adresse\r\n\
        Frau;Jörg;;Müller;Köln AG;jm@koeln.example;SMTP;Jörg Müller;jm2@koeln.example\r\n";
    assert_eq!(
        short(&read(german)),
        ["Jörg Müller||jm@koeln.example jm2@koeln.example"]
    );
    let latin: Vec<u8> = german
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    let contacts = parse(&latin, Path::new("kontakte.csv")).unwrap();
    assert_eq!(
        short(&contacts),
        ["Jörg Müller||jm@koeln.example jm2@koeln.example"]
    );
    let french = "Prénom,Nom,Adresse de messagerie,Nom complet de l'adresse de messagerie\r\nZoé,Durand,zoe@fr.example,Zoé Durand\r\n";
    assert_eq!(short(&read(french)), ["Zoé Durand||zoe@fr.example"]);
    let spanish =
        "Nombre,Apellidos,Dirección de correo electrónico\r\nInés,Núñez,ines@es.example\r\n";
    assert_eq!(short(&read(spanish)), ["Inés Núñez||ines@es.example"]);
}

#[test]
fn plain_tables_are_read() {
    assert_eq!(
        short(&read("name,email\nCarol,c@x.example\n")),
        ["Carol||c@x.example"]
    );
    assert_eq!(short(&read("Email\nc@x.example\n")), ["||c@x.example"]);
    assert_eq!(
        short(&read("Carol Danvers,c@x.example\nDave,d@x.example")),
        ["Carol Danvers||c@x.example", "Dave||d@x.example"]
    );
    assert_eq!(
        short(&read("Full Name\tE-Mail\nCarol\tc@x.example\n")),
        ["Carol||c@x.example"]
    );
    assert_eq!(
        short(&read("\u{feff}Name;Mail\r\nCarol;c@x.example\r\n")),
        ["Carol||c@x.example"]
    );
    let quoted = "name,email\n\"a\nb\",c@x.example\nDave,dave\nEve,e@x.example\n";
    let contacts = read(quoted);
    assert_eq!(short(&contacts), ["a b||c@x.example", "Eve||e@x.example"]);
    assert_eq!(contacts.problems.len(), 1);
    assert!(
        contacts.problems[0].starts_with("people.vcf:4: "),
        "{:?}",
        contacts.problems
    );
    let utf16: Vec<u8> = "\u{feff}Name,Email\nJörg,j@x.example\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(
        short(&parse(&utf16, Path::new("a.csv")).unwrap()),
        ["Jörg||j@x.example"]
    );
}

#[test]
fn a_file_that_holds_no_contacts_is_an_error() {
    for text in [
        "",
        "\n\n",
        "just words\nand more",
        "Name,Phone\nCarol,555\n",
    ] {
        let error = parse(text.as_bytes(), Path::new("people.csv"))
            .unwrap_err()
            .to_string();
        assert!(error.starts_with("people.csv: "), "{error}");
    }
    let missing = load(Path::new("/no/such/people.vcf"))
        .unwrap_err()
        .to_string();
    assert!(
        missing.starts_with("/no/such/people.vcf: can't be read"),
        "{missing}"
    );
}

#[test]
fn names_are_clean() {
    let text =
        "BEGIN:VCARD\nVERSION:3.0\nFN:Carol\\nBcc: x\u{202e}\nEMAIL:c@x.example\nEND:VCARD\n";
    assert_eq!(short(&read(text)), ["Carol Bcc: x||c@x.example"]);
}

#[test]
fn many_contacts_are_read_quickly() {
    let mut text = String::from("name,email\n");
    for i in 0..20_000 {
        text.push_str(&format!("Person {i},p{i}@x.example\n"));
    }
    let start = std::time::Instant::now();
    let contacts = read(&text);
    assert_eq!(contacts.people.len(), 20_000);
    let named = crate::reader::request::whom("Please ask Person 777", &[], &contacts.people);
    assert!(
        matches!(named, crate::reader::request::Named::One(c) if c.address.as_str() == "p777@x.example")
    );
    assert!(
        start.elapsed() < std::time::Duration::from_secs(20),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn outlook_writes_in_more_languages_and_old_code_pages() {
    let italian = "Titolo;Nome;Secondo nome;Cognome;Indirizzo posta elettronica;Nome visualizzato posta elettronica\r\n;Niccolò;;Bianchi;n@it.example;Niccolò Bianchi\r\n";
    let (bytes, _, _) = encoding_rs::WINDOWS_1252.encode(italian);
    let contacts = parse(&bytes, Path::new("contatti.csv")).unwrap();
    assert_eq!(short(&contacts), ["Niccolò Bianchi||n@it.example"]);
    let czech =
        "Titul;Jméno;Druhé jméno;Příjmení;E-mailová adresa\r\n;Božena;;Němcová;b@cz.example\r\n";
    let (bytes, _, _) = encoding_rs::WINDOWS_1250.encode(czech);
    let contacts = parse(&bytes, Path::new("kontakty.csv")).unwrap();
    assert_eq!(short(&contacts), ["Božena Němcová||b@cz.example"]);
    let russian = "Имя,Отчество,Фамилия,Адрес эл. почты\r\nАнна,,Каренина,a@ru.example\r\n";
    let (bytes, _, _) = encoding_rs::WINDOWS_1251.encode(russian);
    let contacts = parse(&bytes, Path::new("a.csv")).unwrap();
    assert_eq!(short(&contacts), ["Анна Каренина||a@ru.example"]);
    let japanese = "名,姓,電子メール アドレス\r\n小太郎,風魔,k@jp.example\r\n";
    let (bytes, _, _) = encoding_rs::SHIFT_JIS.encode(japanese);
    let contacts = parse(&bytes, Path::new("a.csv")).unwrap();
    assert_eq!(short(&contacts), ["風魔 小太郎||k@jp.example"]);
    // UTF-16 without its mark, as some tools leave it.
    let bare: Vec<u8> = "Name,Email\nJörg,j@x.example\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(
        short(&parse(&bare, Path::new("a.csv")).unwrap()),
        ["Jörg||j@x.example"]
    );
    // The sign for the euro and curled quotes are not Latin-1.
    let (bytes, _, _) = encoding_rs::WINDOWS_1252.encode("Name,Email\n“Zoé” Łuk,z@x.example\n");
    let contacts = parse(&bytes, Path::new("a.csv")).unwrap();
    assert!(
        contacts.people[0].name.starts_with("“Zoé”"),
        "{:?}",
        contacts.people
    );
}

#[test]
fn columns_of_a_language_nobody_thought_of_are_found_by_what_they_hold() {
    let text = "Jina,Barua pepe,Simu\nCarol Danvers,c@x.example,555\nDave,,556\n";
    assert_eq!(short(&read(text)), ["||c@x.example"]);
    assert!(parse(b"Jina,Simu\nCarol,555\n", Path::new("a.csv")).is_err());
}

#[test]
fn of_very_many_columns_of_addresses_the_first_fifty_are_read() {
    const COLUMNS: usize = 60;
    let titles: Vec<String> = (1..=COLUMNS).map(|n| format!("E-mail {n}")).collect();
    let with_address_in = |column: usize| {
        let mut row = vec![String::new(); COLUMNS];
        row[column - 1] = format!("c{column}@x.example");
        row.join(",")
    };
    let text = format!(
        "Name,{}\nCarol,{}\nDave,{}\n",
        titles.join(","),
        with_address_in(50),
        with_address_in(51),
    );
    let contacts = read(&text);
    assert_eq!(
        contacts.people[0].addresses,
        [Address::parse("c50@x.example").unwrap()]
    );
    assert!(
        contacts
            .people
            .iter()
            .skip(1)
            .all(|person| person.addresses.is_empty())
    );
    // The same where no title says what the columns hold.
    let untitled = format!(
        "Jina,{}\nCarol,{}\n",
        vec!["x"; COLUMNS].join(","),
        (1..=COLUMNS)
            .map(|n| format!("c{n}@x.example"))
            .collect::<Vec<_>>()
            .join(",")
    );
    let contacts = read(&untitled);
    assert!(
        contacts
            .people
            .iter()
            .all(|person| person.addresses.len() <= 50)
    );
}

/// The most memory that the process had, in kB; none where the system does not tell.
fn peak_kb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    line.trim().split(' ').next()?.parse().ok()
}

#[test]
fn short_rows_below_a_long_one_need_little_memory() {
    const ROWS: usize = 16_000;
    let long = ",x".repeat(ROWS);
    let short = "Carol,carol@target.example\n".repeat(ROWS);
    let before = peak_kb();
    let contacts = parse(
        format!("Name,Email\nDave,dave@other.example{long}\n{short}").as_bytes(),
        Path::new("c.csv"),
    );
    assert_eq!(contacts.unwrap().people.len(), ROWS + 1);
    // Each row with room for the longest would be two gigabytes; what other tests take is no matter.
    if let (Some(before), Some(after)) = (before, peak_kb()) {
        assert!(after - before < 1 << 20, "{} kB", after - before);
    }
}
