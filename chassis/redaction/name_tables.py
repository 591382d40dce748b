"""The characters and the parts of names of persons."""

from __future__ import annotations

from typing import Final

HAN: Final = r"\u3400-\u4dbf\u4e00-\u9fff"
"""The Chinese characters, in a class of a regular expression."""

SURNAMES: Final = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖萧田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟"
    "谭陆汪范金石廖贾夏韦付傅方白邹孟熊秦邱江尹薛闫阎段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安"
    "齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳"
    "管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟"
    "邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝仉亓逄缑郄妫乜佴笪晁厍亢幸鱼火冼隗盖员区朴繁种訾郗"
    "阚常赖贡邸卿尧伏茅杭洪诸湛昝花奚狄贝滑郦雍濮扶堵宰璩暨钭历戎羿宓蓬郏浦闻莘翦束慎桓公蓟厉逯浑家满弘匡国广阙殳沃利"
    "蔚越夔隆阴丰伊衡步都陳張劉楊黃趙吳孫馬羅鄭謝韓蕭許葉蔣賈譚鄒鄧馮蘇呂盧鍾陸龍錢嚴顧賴龔萬酆廉贲郁钮嵇荀於汲邴糜郜"
    "蔺鬱郤扈茹庾勾鞠巢蒯荆仝罕俸庹钏仵禚粘辜幺呙逮苻佀郇闾谯钦檀凃虢冮栩郸佉骞谌郅茆嬴睢揭闪妥铁晋楚昌裘蹇储芮怀宛"
)
"""Surnames of one character."""

RARE_SURNAMES: Final = (
    "水云凤乐皮元平禹计谈强危支经干宣惠封松井富乌巴弓牧山班仰秋暴祖韶薄印宿从鄂索咸籍屠胥能苍双劳寿通燕冀别充慕习宦容"
    "戈终居禄东融那空毋养须相后红权益刀召岩玉木阿衣代候占战初矫由寸普昂者哈撒洒纳回丹矣资鹿生修降栗原母税敬淡鲜补帅银"
    "要么啜问来海拜脱喇虎锁买保把敏陕信肇有况赏墨年福言伯法汝展泥化央拉才尕仁拓盘诺但青冒尉乃昭贠晒扎黑寒冰兆赫雪塞线"
    "厚庆臣"
)
"""Further ones, with which many words begin."""

PLAIN_SURNAMES: Final = (
    "王李张刘陈杨黄赵吴周徐孙朱胡郭何林罗郑梁谢宋唐许韩冯邓曹彭曾肖萧田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪"
    "范廖贾韦傅邹孟熊秦邱尹薛闫阎段侯龙史陶黎贺顾毛郝龚邵严覃武戴莫孔汤康施牛樊葛邢齐乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿"
    "兰焦俞左柳甘宁尚符舒阮柯纪梅童凌毕裴霍涂苗谷盛曲翁冉骆蓝游辛靳柴蒙鲍喻祁蒲滕屈饶解牟陳張劉楊黃趙吳孫馬羅鄭謝韓蕭"
    "許葉蔣賈譚鄒瞿佟邬卞佘邝仉亓逄缑妫佴笪晁厍冼郗阚昝郦璩钭羿宓逯殳鄧馮蘇盧鍾陸龔顧岑郄訾呂褚敖隗莘翦桓晏郏臧闵夔栾"
    "乜匡阙狄姬娄奚濮缪甄尧窦蔚刁虞雍蓟戎卿苟桂仲巫湛柏卓亢卜寇隋桑艾宰戚蓬巩茅穆郎芦丛迟杭荣雷赖洪危荆酆邴郜蔺扈仝俸"
    "仵禚逮郇谌睢苑钮嵇荀鞠"
)
"""Surnames with which few words begin."""

COMPOUND_SURNAMES: Final = (
    "欧阳|太史|端木|上官|司马|东方|独孤|南宫|万俟|闻人|夏侯|诸葛|尉迟|公羊|赫连|澹台|皇甫|宗政|濮阳"
    "|公冶|申屠|公孙|慕容|仲孙|钟离|长孙|宇文|司徒|鲜于|司空|令狐|第五|呼延|纳兰|轩辕|百里|拓跋|完"
    "颜|叶赫|淳于|单于|东郭|南门|西门|左丘|梁丘|公西|微生|耶律|宰父|相里|亓官|颛孙|漆雕|乐正|壤驷|"
    "夹谷|谷梁|闾丘|段干|羊舌|巫马|太叔|欧陽|司寇|子车|公良|毋丘|有琴|归海|那拉|钮祜|曲比|吉克|沙马"
    "|尉遲|東方|獨孤|諸葛|司馬|刘付|陆费|范姜|张简|宿勤|沮渠|斛律|哥舒|仆固|褚师|司城|仲长"
)
"""Surnames of two characters, as alternatives of a pattern."""

AMBIGUOUS_SURNAMES: Final = (
    "东方|第五|百里|南门|西门|单于|司空|公西|东郭|乐正|子车|相里|归海|段干|那拉|沙马|夹谷|张简|吉克|有琴|司城|刘付|谷梁"
)
"""Those of them that are a word of an offer, or the end and the begin of two, too."""

GIVEN: Final = (
    "伟芳娜敏静强磊洋艳勇杰娟涛超霞刚鹏婷雪琳晨宇凯倩峰颖莹昊岚瑾子雨梓晓志建文思佳欣海俊若诗一嘉春秀玉国泽浩宛沐清亦"
    "书景涵轩萱怡宁明华兰英梅军平辰桐妍彤航睿琪岩峥瑶然溪蓉霖珂翎丽红燕玲萍莉琴云凤桂珍凡龙虎波斌彬博灿昌畅诚川翠丹德"
    "栋东恩帆飞菲芬锋福歌根冠光贵翰豪恒宏鸿焕辉惠慧吉继健江娇捷晶菊君钧骏康可坤乐蕾力立利莲良林凌隆璐洛曼茂美萌梦铭木"
    "楠妮培佩沛朋奇启千谦青庆秋泉群仁荣融茹瑞润森善尚绍升胜圣淑爽顺松嵩素天甜庭廷婉威巍维炜卫玮雯武希熙曦喜夏贤显香祥"
    "翔向笑鑫馨信星兴雄旭学雅亚炎彦阳耀业晔仪依宜艺义毅盈映永佑瑜语育钰煜裕园元源圆媛远悦跃芸允韵展昭哲真振镇正芝知智"
    "忠竹珠宗祖曉嵐偉麗國傑貞鳳儀瑩冰娅媚岳峻嵘帅彪怀恺懿承擎攀政敬斐旗昆易昱昶晋晏晗晟晴暄暖曜朗杏枫柏柔柯柳桃棋棠榕"
    "樱橙欢歆毓沁泓泰洁津洪淇淳温湘滢漪漫澄澜瀚焱煊煦照熠燃燊珊珏珑珞珺琛琦琬琰璇璋璟璨甫盼石礼祺禄禹穆章筠筱纪纯绮绣"
    "罡羽翊耘聪胤舒舜芊芷苑苏苗茗茜茵荃荷莎莺菁菀葵蓓蓝蔓蕊蕙薇虹蝶衡裳裴诺谊贝贞轶辛逸遥邦郁钊铁铮锐锦闻陶雁雍雷霄霆"
    "霏露音韬颂颐馥骁骅骞骥魁鲁鸣鹃鹤鹭麒麟黎默齐鸥靖亮侠炳勋宪勤震誉崇儒彧铎镕楷皓皎淼渊潇潼灏熹焜煌琏瑄璞瓒睦砚硕祎"
    "祯禧稷竣笙筝翌聿芙芃芮芯苒荔荻菡葳蓁蕴薪藜藤蘅蝉谨赫赟轲逍釉钗铖铠锡闯霁靓韧韶颀颢骋骐鸾鹂鹦黛龄潞漾涧泷浔渝渺湄"
    "汐沚妤妗妲姗姝姣娣娥娴婕婧嫣嫦宥宸寰屹岑峤崧崤弈弘彰徽恬悠愉愫慈慕憬敦旻昀昉昕晁暮曈曙杉枭栩桁桉桓梧梵椿楒榆榛樵"
    "橘檀檬惜朔烁烨焓皖盟睫羿耿胥芹苡茉蓬贺逊邈郝鄞铄锴闵隽霈驹骊鲲"
)
"""Most characters of given names."""

COMMON_GIVEN: Final = (
    "小大长全福宝山金世新民城保少延寿万友代生树水成如连广安伯仲石贵财来发富士阿年传玉"
    "存守占进满银先喜五三四双早改红运忠才冬"
)
"""Further ones, which are in many words too: a name has another one beside it."""

PARTS: Final = (
    "扎西|次仁|卓玛|央金|拉姆|索朗|索南|边巴|曲珍|格桑|尼玛|巴桑|达瓦|普布|米玛|丹增|旦增"
    "|洛桑|旺堆|旺姆|旺杰|平措|顿珠|多吉|强巴|仁青|白玛|德吉|白珍|普琼|嘎玛|罗布|群培|次"
    "旦|次珍|加措|嘉措|赤列|贡布|贡嘎|桑珠|晋美|泽仁|泽旺|措姆|拉珍|云丹|阿旺|土登|益西|"
    "江措|才让|才旦|卓嘎|央宗|欧珠|坚赞|坚参|彭措|西绕|塔杰|朗杰|旺久|班觉|巴雅|巴图|苏和"
    "|图雅|高娃|斯琴|娜仁|萨仁|朝鲁|呼和|孟和|宝音|牧仁|哈斯|乌云|塔娜|托娅|毕力|布和|吉"
    "雅|那顺|朝克|苏德|格日勒|其其格|巴特尔|乌日娜|苏日娜|阿木古楞|阿拉坦|额尔敦|特木尔|敖登"
    "|毕力格|那日苏|通拉嘎|乌力吉|斯日古楞|买买提|买合木提|麦麦提|吐尔逊|吐尔洪|热合曼|热依汗"
    "|阿卜杜|阿布都|艾合买提|玉素甫|木合塔尔|依明|伊明|古丽|迪丽|阿依|努尔|帕提|帕尔哈提|迪"
    "力|艾力|艾山|艾尔肯|艾则孜|克里木|库尔班|萨迪克|祖丽|夏提|茹仙|哈力|尼亚孜|卡德尔|塔依"
    "尔|亚森|肉孜|米热|汗古丽|叶尔|巴合提|赛力克|别克|江汗|力江|逊江|尔江|加玛力|再努尔|阿"
    "不都|阿布力|阿卜力|阿力木|阿不力|艾买提|艾米提|艾力江|艾孜|巴哈尔|比拉力|达吾提|地力|迪"
    "里|古丽娜|古丽巴|哈斯木|吾买尔|吾斯曼|奥斯曼|伊力|依布拉|凯赛尔|马合木|买吐|麦吐|木沙|"
    "帕夏|帕热|帕孜|热比|热合|热娜|热孜|热依|如仙|如则|赛买提|沙吾|沙塔尔|司马义|斯拉木|苏"
    "来|塔西|塔吉|吐地|吐热|托合|托乎|亚库|亚生|玉山江|再娜|再屯|孜亚|祖木|阿孜|阿曼|艾克"
    "|艾尼|巴图尔|热西提|米尔|努热|依米|依热|木江|丽娜尔|孜宛|阿迪力|伊力亚|哈孜|江阿|沙尔"
    "|库兰|波拉|达娃|旦巴|丹巴|旦真|德央|多杰|噶玛|贡桑|加央|嘉央|江央|江村|坚增|久美|拉"
    "巴|拉加|拉毛|洛追|罗松|罗追|洛松|尼珍|诺布|其美|仁增|仁真|仁钦|桑吉|桑杰|桑布|索巴|"
    "土旦|向巴|斯郎|央拉|玉珍|泽登|泽郎|扎巴|公保|更登|更尕|尕藏|仓决|才旺|德勒|华旦|完么"
    "|南杰|南卡|当周|旦知|东珠|措毛|仓央|次央|贡秋|格列|旺秋|旺扎|桑姆|央吉|曲扎|曲吉|扎"
    "桑|次珠|巴根|宝力|布仁|朝格|哈日|额日|恩和|格根|吉日|满都|满达|孟克|莫德|那木|诺敏|"
    "其木|青格|萨日|图门|乌恩|乌尼|乌日|阿古|阿荣|敖日|敖敦|包力|苏日|道尔|格日|高勒|都仁"
    "|木仁|萨如拉|其其|日娜|格乐|娜日|日图|布赫|曲比|曲木|吉克|吉木|吉狄|阿牛|沙马|的日|"
    "罗洪|勒格|木乃|木呷|木嘎|尔古|尔布|日古|日呷|伍呷|伍牛|阿呷|有呷|以布|约布|阿支|子呷"
    "|尔哈|拉作|史日|阿果|伍果|岩温|玉罕|岩罕|岩香|玉香|玉儿|波罕|罕香"
)
"""Parts of Tibetan, Mongolian, Turkic, Yi and Dai names, as alternatives of a pattern."""

TRANSCRIBED: Final = (
    "阿艾安奥巴白班贝本比彼毕宾波玻伯勃博布卜查达戴丹德登迪蒂丁东杜多俄厄恩尔法凡菲费芬冯佛夫弗福盖甘高戈"
    "哥格根古哈海汉赫亨洪胡华霍基吉季加贾江杰金卡凯坎康考柯科克肯孔库夸拉莱兰朗劳勒雷蕾黎里理丽利莉列林琳"
    "龙卢鲁路露罗洛马玛迈麦曼芒梅门蒙米密明缪摩莫默姆木穆拿娜纳南尼涅宁纽诺欧帕潘庞佩彭皮平普奇齐恰强乔切"
    "琴琼热仁日儒瑞若萨塞桑森沙莎山尚绍申圣施史舒斯丝松苏索塔泰坦汤唐特提梯铁廷图土吐托娃瓦万旺威韦维温文"
    "翁沃乌武西希锡夏肖谢辛休许逊雅亚延扬杨耶叶伊依易因英尤约赞泽曾扎詹珍朱卓宗祖佐买玉素甫合孜汗力肉拜才"
    "吾旦仓措曲顿群培次央嘎确增什迦伽廉伦诗黛妮薇汀都不娅尕呷坚其乐宛"
)
"""Characters with which names of other languages are written."""

ROMANISED_SURNAMES: Final = (
    "Wang|Li|Zhang|Liu|Chen|Yang|Huang|Zhao|Wu|Zhou|Xu|Sun|Ma|Zhu|Hu|Guo|He|Lin|Gao|Luo|Zheng|Liang|Xie|Song|"
    "Tang|Han|Feng|Deng|Cao|Peng|Zeng|Xiao|Tian|Dong|Yuan|Pan|Jiang|Cai|Yu|Du|Ye|Cheng|Su|Wei|Lu|Lv|Ding|Ren|"
    "Shen|Yao|Cui|Zhong|Tan|Fan|Jin|Shi|Liao|Jia|Xia|Fu|Fang|Bai|Zou|Meng|Xiong|Qin|Qiu|Yin|Xue|Yan|Duan|Lei|"
    "Hou|Tao|Hao|Gong|Shao|Wan|Qian|Ouyang|Sima|Zhuge|Situ|Shangguan|Dongfang|Murong|Huangfu|Linghu|Duanmu|Xi"
    "ahou|Yuchi|Gongsun|Zhongli|Zhangsun|Yuwen|Helian|Dugu|Nangong|Huyan|Qi|Kang|Mo|Mei|Mao|Ge|Gu|Niu|Nie|Nin"
    "g|Ni|Ji|Ke|Lan|Ling|Miao|Mu|Nan|Ou|Pu|Qu|Quan|Ran|Rong|Ruan|Shang|Shu|Shuai|Teng|Tong|Tu|Weng|Wen|Xi|Xia"
    "n|Xin|Xing|Xiang|Yi|Ying|You|Yue|Yun|Zang|Zha|Zhan|Zhuang|Zhuo|Zong|Zu|Zuo|Chu|Chai|Chang|Cen|Bian|Bi|Bu"
    "|Bao|Ai|Ao|Dai|Diao|Dou|Fei|Gan|Geng|Guan|Gui|Hong|Hua|Huai|Huan|Huo|Jian|Jiao|Jing|Ju|Kuang|Kong|Lai|Le"
    "ng|Lian|Lou|Luan|Min|Long"
)
"""Chinese surnames in Latin letters, as alternatives of a pattern."""

ROMANISED_PARTS: Final = (
    "Tashi|Tsering|Lhamo|Tenzin|Dolma|Dolkar|Pema|Sonam|Dorje|Norbu|Karma|Lobsang|Tsomo|Phuntsok|Wangmo|Wangd"
    "u|Choden|Yangchen|Yangzom|Kelsang|Gyatso|Dawa|Nyima|Losang|Drolma|Jampa|Rinchen|Samdup|Tsewang|Yeshe|Bat"
    "u|Altan|Bayar|Naran|Temur|Sarana|Oyun|Memet|Mehmet|Tursun|Abdul|Abdu|Ablikim|Gulnar|Dilnur|Ayshem|Alim|R"
    "ehim|Ayigul|Guli|Dilraba|Nurlan|Yerlan"
)
"""Parts of Tibetan, Mongolian and Turkic names in Latin letters, as alternatives of a pattern."""
