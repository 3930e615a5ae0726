/**
 * States and provinces by country and code, named as in Salesforce's standard state pick-list. Only these countries
 * have states there; for all others the state is left out.
 *
 * A table has one entry between two `|`: the code, then the name. Where senders use several codes for one state, they
 * are joined by `/`: the pick-list's code first, then the one of ISO 3166-2 where it differs.
 * @see https://help.salesforce.com/s/articleView?id=xcloud.state_country_and_territory_picklist_fields.htm
 */
export interface State {
  readonly codes: readonly string[];
  readonly name: string;
}

export const STATES: Readonly<Record<string, readonly State[]>> = {
  AU: table(`
    ACT Australian Capital Territory | NSW New South Wales | NT Northern Territory | QLD Queensland |
    SA South Australia | TAS Tasmania | VIC Victoria | WA Western Australia`),
  BR: table(`
    AC Acre | AL Alagoas | AM Amazonas | AP Amapá | BA Bahia | CE Ceará | DF Distrito Federal | ES Espírito Santo |
    GO Goiás | MA Maranhão | MG Minas Gerais | MS Mato Grosso do Sul | MT Mato Grosso | PA Pará | PB Paraíba |
    PE Pernambuco | PI Piauí | PR Paraná | RJ Rio de Janeiro | RN Rio Grande do Norte | RO Rondônia | RR Roraima |
    RS Rio Grande do Sul | SC Santa Catarina | SE Sergipe | SP São Paulo | TO Tocantins`),
  CA: table(`
    AB Alberta | BC British Columbia | MB Manitoba | NB New Brunswick | NL Newfoundland and Labrador |
    NS Nova Scotia | NT Northwest Territories | NU Nunavut | ON Ontario | PE Prince Edward Island | QC Quebec |
    SK Saskatchewan | YT Yukon Territories`),
  // Numbers are China's own division codes (GB/T 2260); ISO 3166-2 went over to letters in 2017.
  CN: table(`
    11/BJ Beijing | 12/TJ Tianjin | 13/HE Hebei | 14/SX Shanxi | 15/NM Nei Mongol | 21/LN Liaoning | 22/JL Jilin |
    23/HL Heilongjiang | 31/SH Shanghai | 32/JS Jiangsu | 33/ZJ Zhejiang | 34/AH Anhui | 35/FJ Fujian |
    36/JX Jiangxi | 37/SD Shandong | 41/HA Henan | 42/HB Hubei | 43/HN Hunan | 44/GD Guangdong | 45/GX Guangxi |
    46/HI Hainan | 50/CQ Chongqing | 51/SC Sichuan | 52/GZ Guizhou | 53/YN Yunnan | 54/XZ Xizang | 61/SN Shaanxi |
    62/GS Gansu | 63/QH Qinghai | 64/NX Ningxia | 65/XJ Xinjiang | 71/TW Taiwan | 91/HK Hong Kong | 92/MO Macao`),
  IE: table(`
    CE Clare | CN Cavan | CO Cork | CW Carlow | D Dublin | DL Donegal | G Galway | KE Kildare | KK Kilkenny |
    KY Kerry | LD Longford | LH Louth | LK Limerick | LM Leitrim | LS Laois | MH Meath | MN Monaghan | MO Mayo |
    OY Offaly | RN Roscommon | SO Sligo | TA Tipperary | WD Waterford | WH Westmeath | WW Wicklow | WX Wexford`),
  // Ladakh and the union of Dadra with Daman (2019, 2020) are not in the pick-list.
  IN: table(`
    AN Andaman and Nicobar Islands | AP Andhra Pradesh | AR Arunachal Pradesh | AS Assam | BR Bihar |
    CH Chandigarh | CT/CG Chhattisgarh | DD Daman and Diu | DL Delhi | DN Dadra and Nagar Haveli | GA Goa |
    GJ Gujarat | HP Himachal Pradesh | HR Haryana | JH Jharkhand | JK Jammu and Kashmir | KA Karnataka | KL Kerala |
    LD Lakshadweep | MH Maharashtra | ML Meghalaya | MN Manipur | MP Madhya Pradesh | MZ Mizoram | NL Nagaland |
    OR/OD Odisha | PB Punjab | PY Puducherry | RJ Rajasthan | SK Sikkim | TG/TS Telangana | TN Tamil Nadu |
    TR Tripura | UP Uttar Pradesh | UT/UK Uttarakhand | WB West Bengal`),
  IT: table(`
    AG Agrigento | AL Alessandria | AN Ancona | AO Aosta | AP Ascoli Piceno | AQ L'Aquila | AR Arezzo | AT Asti |
    AV Avellino | BA Bari | BG Bergamo | BI Biella | BL Belluno | BN Benevento | BO Bologna | BR Brindisi |
    BS Brescia | BT Barletta-Andria-Trani | BZ Bolzano | CA Cagliari | CB Campobasso | CE Caserta | CH Chieti |
    CI Carbonia-Iglesias | CL Caltanissetta | CN Cuneo | CO Como | CR Cremona | CS Cosenza | CT Catania |
    CZ Catanzaro | EN Enna | FC Forlì-Cesena | FE Ferrara | FG Foggia | FI Florence | FM Fermo | FR Frosinone |
    GE Genoa | GO Gorizia | GR Grosseto | IM Imperia | IS Isernia | KR Crotone | LC Lecco | LE Lecce | LI Livorno |
    LO Lodi | LT Latina | LU Lucca | MB Monza and Brianza | MC Macerata | ME Messina | MI Milan | MN Mantua |
    MO Modena | MS Massa and Carrara | MT Matera | NA Naples | NO Novara | NU Nuoro | OG Ogliastra | OR Oristano |
    OT Olbia-Tempio | PA Palermo | PC Piacenza | PD Padua | PE Pescara | PG Perugia | PI Pisa | PN Pordenone |
    PO Prato | PR Parma | PT Pistoia | PU Pesaro and Urbino | PV Pavia | PZ Potenza | RA Ravenna |
    RC Reggio Calabria | RE Reggio Emilia | RG Ragusa | RI Rieti | RM Rome | RN Rimini | RO Rovigo | SA Salerno |
    SI Siena | SO Sondrio | SP La Spezia | SR Syracuse | SS Sassari | SV Savona | TA Taranto | TE Teramo |
    TN Trento | TO Turin | TP Trapani | TR Terni | TS Trieste | TV Treviso | UD Udine | VA Varese |
    VB Verbano-Cusio-Ossola | VC Vercelli | VE Venice | VI Vicenza | VR Verona | VS Medio Campidano | VT Viterbo |
    VV Vibo Valentia`),
  MX: table(`
    AG/AGU Aguascalientes | BC/BCN Baja California | BS/BCS Baja California Sur | CH/CHH Chihuahua | CL/COL Colima |
    CM/CAM Campeche | CO/COA Coahuila | CS/CHP Chiapas | DF/CMX/DIF Federal District | DG/DUR Durango |
    GR/GRO Guerrero | GT/GUA Guanajuato | HG/HID Hidalgo | JA/JAL Jalisco | ME/MEX Mexico State |
    MI/MIC Michoacán | MO/MOR Morelos | NA/NAY Nayarit | NL/NLE Nuevo León | OA/OAX Oaxaca | PB/PUE Puebla |
    QE/QUE Querétaro | QR/ROO Quintana Roo | SI/SIN Sinaloa | SL/SLP San Luis Potosí | SO/SON Sonora |
    TB/TAB Tabasco | TL/TLA Tlaxcala | TM/TAM Tamaulipas | VE/VER Veracruz | YU/YUC Yucatán | ZA/ZAC Zacatecas`),
  // The last lines are in the pick-list too, though hidden unless an administrator shows them.
  US: table(`
    AK Alaska | AL Alabama | AR Arkansas | AZ Arizona | CA California | CO Colorado | CT Connecticut |
    DC District of Columbia | DE Delaware | FL Florida | GA Georgia | HI Hawaii | IA Iowa | ID Idaho | IL Illinois |
    IN Indiana | KS Kansas | KY Kentucky | LA Louisiana | MA Massachusetts | MD Maryland | ME Maine | MI Michigan |
    MN Minnesota | MO Missouri | MS Mississippi | MT Montana | NC North Carolina | ND North Dakota | NE Nebraska |
    NH New Hampshire | NJ New Jersey | NM New Mexico | NV Nevada | NY New York | OH Ohio | OK Oklahoma | OR Oregon |
    PA Pennsylvania | RI Rhode Island | SC South Carolina | SD South Dakota | TN Tennessee | TX Texas | UT Utah |
    VA Virginia | VT Vermont | WA Washington | WI Wisconsin | WV West Virginia | WY Wyoming |
    AA Armed Forces Americas | AE Armed Forces Europe | AP Armed Forces Pacific | AS American Samoa |
    FM Federated Micronesia | GU Guam | MH Marshall Islands | MP Northern Mariana Islands | PR Puerto Rico |
    PW Palau | UM United States Minor Outlying Islands | VI US Virgin Islands`),
};

function table(text: string): readonly State[] {
  return text.split('|').map((entry) => {
    const [codes = '', ...words] = entry.trim().split(/\s+/);
    return { codes: codes.split('/'), name: words.join(' ') };
  });
}
